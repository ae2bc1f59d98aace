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

/** A worker as its store sees it at the moment of the question. */
export interface SeenWorker extends WorkerRow {
  /**
   * Milliseconds since its row was renewed, by a clock that all share who renew and look; null where the store has
   * no clock of its own.
   */
  readonly silentMs: number | null
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
   * Makes the worker owner of at most `limit` due runs that lie on its host, in its group or nowhere, by priority,
   * then what has begun before what has not, then the one due longest. Each gets a fresh token, and `run.started`
   * (first time) or `run.resumed` is appended in the same transaction. No limit of a run is ever exceeded.
   * `runId` claims only that one, also when a limit held it back that has room now.
   */
  claimDueRuns(claim: {
    readonly workerId: string
    readonly limit: number
    readonly now: string
    readonly runId?: string
  }): Promise<ClaimedRun[]>
  /** ISO time at which the next run that this worker may claim becomes due; null when none will by itself. */
  nextDueAt(workerId: string): Promise<string | null>
  /**
   * As `claimDueRuns`, runs that lie on a host or in a group that no registered worker belongs to, and that are
   * due since before `dueBefore` (ISO): somebody has to tell that their workspace is lost (W2).
   */
  claimLostRuns(claim: {
    readonly workerId: string
    readonly limit: number
    readonly now: string
    readonly dueBefore: string
  }): Promise<ClaimedRun[]>
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
  listWorkers(): Promise<SeenWorker[]>
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
