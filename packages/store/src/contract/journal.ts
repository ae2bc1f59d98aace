import type { JournalEvent } from '@holdfast/workflow-sdk'
import type { NewJournalEvent, OutsideEvent } from '@holdfast/workflow-sdk/journal'

/** Where appended events came to lie: `first`, `first + 1`, … */
export interface AppendReceipt {
  readonly runId: string
  /** Sequence of the first event of this append. */
  readonly first: number
  /** Sequence of the last. */
  readonly last: number
  /** Time of all of them, ISO. */
  readonly timestamp: string
}

/** An append of the run's owner. */
export interface OwnerAppend {
  readonly runId: string
  readonly ownerToken: string
  /** The same id sent again is answered with the sequences already given (J3). */
  readonly appendId: string
  readonly events: readonly NewJournalEvent[]
}

/** The journal: the truth of every run (J1–J3). */
export interface JournalStore {
  /**
   * Appends durably; appends that wait at the same moment share one transaction. Nothing of an append
   * is kept when it is refused.
   * @throws WorkflowError `OWNERSHIP_LOST`, `RUN_FINISHED`, `PAYLOAD_INVALID`, `JOURNAL_TOO_LONG`, `STORE_…`.
   */
  appendAsOwner(append: OwnerAppend): Promise<AppendReceipt>
  /**
   * Appends an event that needs no owner (the closed list of J1), and makes a parked run due in the same
   * transaction.
   * @throws WorkflowError `RUN_NOT_FOUND`, `RUN_FINISHED`, `RUN_TRANSITION_INVALID`, `APPROVAL_NOT_FOUND`,
   *   `ALREADY_ANSWERED` (naming who; the same answer again is a success), `PAYLOAD_INVALID`.
   */
  appendFromOutside(runId: string, event: OutsideEvent): Promise<AppendReceipt>
  /** Outside events without `ownerToken`, any event with it. @throws as the two above, and `EVENT_NOT_ALLOWED`. */
  createWorkflowEvent(runId: string, event: NewJournalEvent, ownerToken?: string): Promise<JournalEvent>
  /** Events with a sequence above `afterSequence` (default 0), in order, at most `limit` (default all). */
  listWorkflowEvents(query: {
    readonly runId: string
    readonly afterSequence?: number
    readonly limit?: number
  }): Promise<JournalEvent[]>
  /** Sequence of the last event; 0 for an unknown run. */
  lastSequence(runId: string): Promise<number>
  /** Keeps bytes under their SHA-256, durably; the same bytes twice are one blob (J5). Answers the hash in hex. */
  putBlob(bytes: Uint8Array): Promise<string>
  /** @throws WorkflowError `RECORD_NOT_FOUND`. */
  getBlob(hash: string): Promise<Uint8Array>
}
