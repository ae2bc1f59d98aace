import type { WorkflowError } from '@holdfast/workflow-sdk'
import type { DefinitionStore } from './definitions.ts'
import type { JournalStore } from './journal.ts'
import type { PromptStore } from './prompts.ts'
import type { QueueStore } from './queue.ts'
import type { RunStore } from './runs.ts'
import type { SessionStore } from './sessions.ts'
import type { TransferStore } from './transfer.ts'

/** What changed: the run and its last sequence, or `null` when another process changed something. */
export interface StoreChange {
  readonly runId: string | null
  readonly sequence: number
}

/**
 * Everything that Holdfast keeps, behind one contract for every backend. `SPEC.md` has its numbered
 * rules, the conformance suite a test for each.
 */
export interface IWorkflowStore
  extends JournalStore, QueueStore, RunStore, DefinitionStore, PromptStore, SessionStore, TransferStore {
  /** Text such as `sqlite:/path/to/file`, for messages. */
  readonly description: string
  /**
   * Calls `listener` after each commit that changed a run, of this or another process; the answer ends that.
   * `onEnd` is called once, when nothing will be told any more: with `STORE_CLOSED`, or with what took the store
   * away. Whoever waits for a change has to hear of it.
   */
  watch(listener: (change: StoreChange) => void, onEnd?: (reason: WorkflowError) => void): () => void
  /** Resolves when everything accepted is durable, then closes. Later calls are `STORE_CLOSED`. */
  close(): Promise<void>
}
