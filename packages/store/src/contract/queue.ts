import type { WaitingFor } from '@holdfast/workflow-sdk'
import type { ClaimCause, NewJournalEvent } from '@holdfast/workflow-sdk/journal'
import type { WorkerRow, WorkflowRunRow } from './rows.ts'

/** A run that a worker has just become the owner of. */
export interface ClaimedRun {
  readonly run: WorkflowRunRow
  readonly ownerToken: string
  readonly cause: ClaimCause
  /** Sequence of the `run.started` or `run.resumed` that the claim wrote. */
  readonly sequence: number
}

/** What {@link QueueStore.park} takes. */
export interface ParkRequest {
  readonly runId: string
  readonly ownerToken: string
  /** Refused when any event follows this sequence (J2). */
  readonly seenSequence: number
  /** ISO time at which the run becomes due by itself, or null. */
  readonly wakeAt: string | null
  readonly waitingFor: WaitingFor
  readonly activeMs: number
  /** Events that go in before `run.parked`, in the same transaction. */
  readonly events: readonly NewJournalEvent[]
}

/** The runs table as queue, and the workers that live from it (W1). */
export interface QueueStore {
  /**
   * Makes the worker owner of at most `limit` due runs, oldest due first, each with a fresh token, and
   * appends `run.started` (first time) or `run.resumed` in the same transaction. `runId` claims only that one.
   */
  claimDueRuns(claim: {
    readonly workerId: string
    readonly limit: number
    readonly now: string
    readonly runId?: string
  }): Promise<ClaimedRun[]>
  /** ISO time at which the next run without owner becomes due; null when none will by itself. */
  nextDueAt(): Promise<string | null>
  /** Parks unless something happened since. @throws WorkflowError `OWNERSHIP_LOST`. */
  parkRun(request: ParkRequest): Promise<{ readonly parked: boolean }>
  /** Gives a run back so that any worker may go on with it at once (clean shutdown). False when it was not ours. */
  handBackRun(release: {
    readonly runId: string
    readonly ownerToken: string
    readonly activeMs: number
  }): Promise<boolean>
  /** Takes away a run's owner and answers the new token: what its zombie writes is refused from now on. */
  fenceRun(runId: string, ownerToken: string): Promise<string | null>

  registerWorker(worker: Omit<WorkerRow, 'started_at' | 'renewed_at'>): Promise<WorkerRow>
  /** Removes the row; its runs become due again (cause `handover`). */
  retireWorker(workerId: string): Promise<void>
  listWorkers(): Promise<WorkerRow[]>
  /** Renews the worker's row from a thread with its own connection until stopped, also while this thread is blocked. */
  startHeartbeat(workerId: string, options: { readonly intervalMs: number }): Promise<Heartbeat>
  /** Makes the runs of a worker that is gone due at once (cause `takeover`) and removes its row. Answers their ids. */
  releaseRunsOfWorker(workerId: string): Promise<string[]>
}

/** A running renewal of a worker's row. */
export interface Heartbeat {
  /** Milliseconds, on the monotonic clock, since the row was last renewed for sure. */
  sinceRenewedMs(): number
  stop(): Promise<void>
}
