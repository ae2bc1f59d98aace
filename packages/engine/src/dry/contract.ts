import type { WorkflowRunRow } from '@holdfast/store/contract'
import type { JournalEvent } from '@holdfast/workflow-sdk'
import type { ProjectInfo } from '@holdfast/workflow-sdk/ports'

/** Why a call is where a dry replay stops. */
export type ReachedWhy =
  /** The journal does not have it: it would be made now. */
  | 'new'
  /** A step that was running: it runs again. */
  | 'interrupted'
  /** A step between two attempts. */
  | 'retrying'
  /** A wait, a question or a child that is not over: the run goes on waiting. */
  | 'open'

/** A call at which the journal ends. */
export interface ReachedCall {
  readonly key: string
  readonly name: string
  /** A kind of step, or `timer`, `event`, `approval`, `question`, `note`. */
  readonly kind: string
  readonly why: ReachedWhy
  /** `file:line:column` in the author's source; null where that is not known. */
  readonly at: string | null
}

/** A call that the journal has and the code did not make. */
export interface UnaskedCall {
  readonly key: string
  readonly kind: string
}

/** Where code and journal do not fit together. */
export interface Divergence {
  /** Key of the call; null where it is none. */
  readonly key: string | null
  /** What the journal has there, as its identity; null where nothing is. */
  readonly recorded: string | null
  /** What the code asks for now. */
  readonly now: string | null
  readonly message: string
  readonly at: string | null
}

/** How the code came to its end, without a call that the journal does not have. */
export interface DryEnd {
  /** `stuck`: it waits for something that is no call of `ctx`. */
  readonly how: 'completed' | 'failed' | 'continued' | 'stuck'
  readonly message: string | null
  readonly at: string | null
}

/** What came of a dry replay. */
export interface DryReplay {
  /**
   * `same`: the code asks for all that the journal has. `differs`: it would go on, but leaves out something that is
   * there, or does something else first. `diverges`: it cannot go on.
   */
  readonly verdict: 'same' | 'differs' | 'diverges'
  readonly divergence: Divergence | null
  readonly reached: readonly ReachedCall[]
  /** Keys of calls that the journal has and that the code made. */
  readonly asked: readonly string[]
  readonly unasked: readonly UnaskedCall[]
  readonly ends: DryEnd | null
}

/** A journal, and the version of the code that it is tried with. */
export interface DryReplayRequest {
  /** The run, or what will be one. */
  readonly run: WorkflowRunRow
  readonly events: readonly JournalEvent[]
  readonly version: number
  readonly project: ProjectInfo
  /** What `ctx.workspacePath` says; nothing is read or written there. */
  readonly workspacePath: string
}

/** Replays a journal without effects. Never rejects because of the author's code. */
export type ReplayDry = (request: DryReplayRequest) => Promise<DryReplay>
