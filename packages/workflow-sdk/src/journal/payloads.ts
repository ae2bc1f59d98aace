import type { ShownTree } from './approvals.ts'
import type { Amounts, BudgetCarry } from './budgets.ts'
import type { ConcurrencyLimit, Debounce, Idempotency, Singleton, StartRate } from './starts.ts'
import type { ForkOrigin } from './forks.ts'
import type { GoesOn, MoneyPayloads } from './money.ts'
import type { ModelCall } from './models.ts'
import type { MessagePayloads } from './messages.ts'
import type { GitFacts } from './git.ts'
import type { ErrorRecord } from '../values/ErrorRecord.ts'
import type { ArtifactType, OnInterrupted, TerminalStatus, WaitingFor, Writes } from '../values/statuses.ts'

/** A value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/**
 * A stored value. No field: `undefined`. `json`: the value itself, up to 64 KiB. `blob`: SHA-256 of
 * its UTF-8 JSON text in the blob table, and its size in bytes (J5).
 */
export interface StoredValue {
  readonly json?: Json
  readonly blob?: { readonly hash: string; readonly bytes: number }
}

/** A change of the run's state (R5). `value: null` with `deleted` removes the name. */
export interface StateChange {
  readonly name: string
  readonly value: Json
  readonly deleted?: boolean
}

/** A process that a step started: enough to find it again on the same host (W1). */
export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks since boot as the kernel gives them, as text; null where it gives none. */
  readonly startTime: string | null
  readonly hostId: string
  readonly bootId: string
}

/** Kinds of step that have a row in `workflow_steps`. */
export const STEP_KINDS = [
  'run',
  'agent',
  'prompt',
  'shell',
  'git',
  'files',
  'child',
  'scope',
  'race',
] as const
/** Kind of a step. */
export type StepKind = (typeof STEP_KINDS)[number]

/** Kinds of open question that a row of `approvals` can be. */
export const APPROVAL_KINDS = [
  'approval',
  'question',
  'failure',
  'crash-loop',
  'effect-unknown',
  'workspace-lost',
  'budget',
  'takeover',
  'breaker',
] as const
/** Kind of an open question. */
export type ApprovalKind = (typeof APPROVAL_KINDS)[number]

/** How a started run came to its worker. */
export type ClaimCause = 'start' | 'wake' | 'takeover' | 'handover'

/** Payloads of `run.*` events. */
export interface RunPayloads {
  'run.created': {
    readonly projectId: string
    readonly workflowId: string
    readonly workflowName: string
    /** Number of the immutable version that the run keeps (R7). */
    readonly workflowVersion: number
    readonly input: StoredValue
    /** The request in words. */
    readonly taskInput: string
    readonly parentRunId: string | null
    /** At the top of its tree; absent: itself, or its parent in older journals. */
    readonly rootRunId?: string
    /** Key of the parent's `child` call. */
    readonly parentKey: string | null
    readonly onParentClose: 'cancel' | 'detach'
    readonly sessionId: string | null
    readonly sessionName: string | null
    readonly userId: string | null
    readonly triggeringObjectId: string | null
    readonly workspaceKind: 'project' | 'worktree' | 'temporary'
    readonly allowDirty: boolean
    readonly timeoutMs: number
    /** ISO time after which the run is ended, or null. */
    readonly deadlineAt: string | null
    readonly onFailure: 'fail' | 'ask'
    /** State handed over by `continueAs` or a retry. */
    readonly state: Readonly<Record<string, Json>>
    /** The run that this one continues or retries. */
    readonly previousRunId: string | null
    /** Workspace that is handed over; null lets the first claim prepare one. */
    readonly workspaceId: string | null
    readonly tags: Readonly<Record<string, string>>
    /** Absent where nothing was spent before. */
    readonly budget?: BudgetCarry
    /** Higher is claimed first; −100 to 100, absent 0. */
    readonly priority?: number
    readonly concurrency?: ConcurrencyLimit
    readonly rateLimit?: StartRate
    readonly idempotency?: Idempotency
    readonly singleton?: Singleton
    readonly debounce?: Debounce
    readonly forkedFrom?: ForkOrigin
  }
  'run.started': { readonly workerId: string; readonly cause: ClaimCause }
  /** A later incarnation began. */
  'run.resumed': { readonly workerId: string; readonly cause: ClaimCause; readonly by?: string }
  'run.parked': { readonly waitingFor: WaitingFor; readonly wakeAt: string | null; readonly activeMs: number }
  'run.paused': { readonly by: string | null; readonly activeMs: number }
  /** Facts that changed: git, tags, passed patches, a log path. `key` is the call's, for `tag` and `patched`. */
  'run.updated': {
    readonly key?: string
    readonly git?: GitFacts
    readonly tag?: { readonly name: string; readonly value: string }
    readonly patch?: string
    readonly logFilePath?: string
    readonly agentType?: string
    readonly aiModel?: string
    readonly warning?: string
    /** A debounced start replaced the input of a run that has not begun. */
    readonly input?: StoredValue
    readonly taskInput?: string
  }
  'run.upgraded': { readonly workflowVersion: number; readonly by: string | null }
  'run.cancel-requested': {
    readonly by: string | null
    readonly reason: 'cancelled' | 'timed_out' | 'deadline'
  }
  'run.pause-requested': { readonly by: string | null }
  'run.resume-requested': { readonly by: string | null }
  'run.completed': { readonly output: StoredValue; readonly result: string; readonly activeMs: number }
  'run.failed': { readonly error: ErrorRecord; readonly activeMs: number }
  'run.cancelled': {
    readonly cleanup: 'ran' | 'failed' | 'not-run' | 'cut-off'
    readonly activeMs: number
    readonly error: ErrorRecord | null
  }
  'run.killed': { readonly by: string | null }
  'run.timed_out': {
    readonly cleanup: 'ran' | 'failed' | 'not-run' | 'cut-off'
    readonly activeMs: number
    readonly error: ErrorRecord
  }
}

/** Payloads of `step.*` events. `key` is the step's path (R1). */
export interface StepPayloads {
  /** The first for a key makes the row; one with a higher `attempt` begins a retry. */
  'step.started': {
    readonly key: string
    readonly name: string
    readonly kind: StepKind
    readonly stepNumber: number
    readonly parentKey: string | null
    readonly attempt: number
    readonly maxAttempts: number
    /** Hash of kind and declared input; another one on replay is `REPLAY_DIVERGED`. */
    readonly hash: string
    readonly input?: Json
    readonly writes: Writes
    readonly onInterrupted: OnInterrupted
    readonly logFilePath?: string
    /** Running time of the run when the attempt began, in milliseconds: what the attempt has had is counted from here. */
    readonly activeMs?: number
  }
  'step.updated': {
    readonly key: string
    readonly process?: ProcessIdentity
    readonly takeover?: boolean
    readonly note?: string
    readonly modelCall?: ModelCall
    readonly goesOn?: GoesOn
  }
  'step.completed': {
    readonly key: string
    readonly attempt: number
    readonly output: StoredValue
    /** What the step printed or said, for the execution log, where that differs from `output`. */
    readonly rawOutput?: string
    readonly state?: readonly StateChange[]
    readonly durationMs: number
    /** Tree of the workspace after the step, where it was taken (W4). */
    readonly treeId?: string
    /** The person who set the result of a failed step. */
    readonly setBy?: string
  }
  'step.failed': {
    readonly key: string
    readonly attempt: number
    readonly error: ErrorRecord
    readonly durationMs: number
  }
  'step.retrying': {
    readonly key: string
    readonly attempt: number
    readonly error: ErrorRecord
    readonly durationMs: number
    /** ISO time of the next attempt. */
    readonly retryAt: string
  }
  'step.skipped': { readonly key: string; readonly by: string | null }
  'step.cancelled': {
    readonly key: string
    readonly attempt: number
    readonly reason: string
    readonly durationMs: number
  }
}

/** Payloads of state, waits, children and what comes from outside. */
export interface WaitPayloads {
  'state.set': StateChange & { readonly key: string }
  'wait.started': {
    readonly key: string
    readonly kind: 'timer' | 'event' | 'child'
    readonly hash: string
    /** ISO time at which it ends by itself, or null. */
    readonly until: string | null
    /** Name of the event or child; what to show. */
    readonly detail: string
    readonly match?: Json
  }
  'wait.satisfied': {
    readonly key: string
    readonly how: 'time' | 'event' | 'child' | 'cancelled'
    /** Sequence of the `event.received` that was consumed (S7). */
    readonly eventSequence?: number
  }
  'event.received': {
    readonly name: string
    readonly data: Json
    readonly id: string
    readonly by: string | null
  }
  'child.started': { readonly key: string; readonly childRunId: string; readonly workflowName: string }
  /**
   * Written to the parent by the store, in the transaction that ends the child. The output stays in
   * the child's row.
   */
  'child.completed': {
    readonly key: string
    readonly childRunId: string
    readonly status: TerminalStatus
  }
}

/** Payloads of what people and authors say. */
export interface PeoplePayloads {
  'comment.added': {
    readonly key: string
    readonly stepKey: string | null
    readonly message: string
    readonly metadata: Json
  }
  'artifact.created': {
    readonly key: string
    readonly stepKey: string | null
    readonly agentSession: string | null
    readonly name: string
    readonly type: ArtifactType
    /** Relative to the project's root. */
    readonly storagePath: string
    readonly mimeType: string
    readonly sizeBytes: number
    readonly metadata: Json
  }
  'approval.requested': {
    readonly key: string
    readonly kind: ApprovalKind
    readonly name: string
    readonly title: string
    readonly body: string
    readonly revision: number
    readonly hash: string
    readonly until: string | null
    readonly onTimeout: 'reject' | 'approve' | 'fail' | null
    /** JSON Schema of the answer of a question, where the author's schema can say it. */
    readonly answerSchema: Json
    /** What a person may choose, for the engine's own questions. */
    readonly choices: readonly string[]
    /** Step that the question is about. */
    readonly stepKey: string | null
    /** The files that an answer is about; absent where it holds whatever becomes of them. */
    readonly boundTo?: ShownTree
    /** Why it is asked anew: the files are not those that the revision before showed. */
    readonly because?: 'files-changed'
  }
  'approval.answered': {
    /** Key of the `approval.requested`. */
    readonly key: string
    readonly revision: number
    readonly approved: boolean
    readonly answer: Json
    readonly comment: string
    readonly by: string | null
    /** `time` when the time-out answered. */
    readonly how: 'person' | 'time'
    /** Given where the answer stands in the run's conversation too; null: in no session. */
    readonly sessionId?: string | null
  }
  /** The files were still those that this revision showed when its answer was looked at: it counts from here on. */
  'approval.confirmed': { readonly key: string; readonly revision: number }
  'approval.withdrawn': {
    readonly key: string
    readonly reason: string
    /** What its call fails with; absent where it was cancelled. */
    readonly error?: ErrorRecord
  }
}

/** Payloads of agents and workspaces. */
export interface AgentPayloads {
  'agent.started': {
    readonly stepKey: string
    readonly attempt: number
    readonly agent: string
    readonly name: string
    /** The CLI's own session id, durable before the first token is paid; null where the CLI gives it later. */
    readonly sessionId: string | null
    readonly model: string | null
    /** Session file relative to the project's root. */
    readonly sessionFilePath: string
    readonly resumed: boolean
    /** Which repair of an answer that did not fit, from 1. */
    readonly repair?: number
    /** The session of another run that this one begins as a copy of; that one is not changed. */
    readonly copyOf?: string
    /** Folder relative to the workspace; absent: the workspace itself. */
    readonly cwd?: string
    /** The session that is gone and whose transcript this one begins with. */
    readonly restartOf?: string
    /** What it holds back from shared budgets while it works. */
    readonly reserved?: Amounts
  }
  'agent.updated': {
    readonly stepKey: string
    readonly sessionId?: string
    readonly model?: string
    readonly process?: ProcessIdentity
    readonly note?: string
  }
  'agent.completed': { readonly stepKey: string; readonly stopReason: string }
  'agent.failed': { readonly stepKey: string; readonly error: ErrorRecord }
  'workspace.created': {
    readonly workspaceId: string
    readonly kind: 'project' | 'worktree' | 'temporary'
    /** Relative to the project's root where it lies in it, else absolute. */
    readonly path: string
    readonly branch: string | null
    readonly hostId: string
    readonly persistent: boolean
    readonly git: GitFacts
  }
  'workspace.committed': { readonly workspaceId: string; readonly commit: string }
  'workspace.cleaned': { readonly workspaceId: string }
  'checkpoint.taken': {
    readonly stepKey: string
    readonly when: 'before' | 'after'
    readonly treeId: string
    readonly commit: string
    readonly ref: string
    /** False when another writing step was in flight (W4). */
    readonly exact: boolean
  }
}

/** Every payload by event type: the closed union of the journal. */
export interface EventPayloads
  extends
    RunPayloads,
    StepPayloads,
    WaitPayloads,
    PeoplePayloads,
    MessagePayloads,
    AgentPayloads,
    MoneyPayloads {}
