import { isTerminal, type JournalEvent } from '@holdfast/workflow-sdk'
import {
  JOURNAL_SCHEMA_VERSION,
  type NewJournalEvent,
  type OutsideEvent,
} from '@holdfast/workflow-sdk/journal'
import { appendAsOwner } from '../append/appendAsOwner.ts'
import { appendFromOutside } from '../append/appendFromOutside.ts'
import { mustLoad } from '../append/checks.ts'
import { completeAndContinue } from '../append/continueRun.ts'
import { invalidTransition } from '../append/transitions.ts'
import { updateRun } from '../append/updateRun.ts'
import type {
  AppendReceipt,
  ClaimedRun,
  NewWorkflowRun,
  OwnerAppend,
  ParkRequest,
  QueueStore,
  RunChange,
  WorkflowRunRow,
} from '../contract/index.ts'
import { prepareEvents } from '../payload/prepare.ts'
import { createRun, type CreatedRun } from '../queue/createRun.ts'
import { claimDue } from '../queue/claimDue.ts'
import type { Claim } from '../queue/claimRun.ts'
import { fenceRun, isOwner, leaveRun } from '../queue/leaveRun.ts'
import { promptOperations } from './promptOperations.ts'
import { triggerOperations } from './triggerOperations.ts'
import { runNow } from '../queue/program.ts'
import { parkEvents, parkRun } from '../queue/parkRun.ts'
import { runRow } from '../sql/runRow.ts'
import { appendLines, type NewLine } from './appendLines.ts'
import { definitionOperations } from './definitionOperations.ts'
import { conflict, type FileTransaction } from './FileTransaction.ts'
import { leaveWorker } from './leaveWorker.ts'
import { lostPlaces } from './line.ts'
import { listWorkers } from './workers.ts'

/**
 * Every write by its name. What they take and answer is JSON, so that the process that holds the store can
 * make them for another one.
 */
export const operations = {
  ...definitionOperations,
  ...promptOperations,
  ...triggerOperations,

  appendAsOwner(tx: FileTransaction, append: OwnerAppend): AppendReceipt {
    checkSessions(tx, append.events)
    return appendAsOwner(tx, append, prepareEvents(append.runId, append.events))
  },

  appendFromOutside(tx: FileTransaction, runId: string, event: OutsideEvent): AppendReceipt {
    checkSessions(tx, [event])
    return appendFromOutside(tx, runId, event, prepareEvents(runId, [event]))
  },

  createEvent(
    tx: FileTransaction,
    runId: string,
    event: NewJournalEvent,
    ownerToken: string | null,
  ): JournalEvent {
    checkSessions(tx, [event])
    const events = prepareEvents(runId, [event])
    const receipt =
      ownerToken === null
        ? appendFromOutside(tx, runId, event as OutsideEvent, events)
        : appendAsOwner(tx, { runId, ownerToken, appendId: null, events: [event] }, events)
    const { first: sequence, timestamp } = receipt
    return { runId, sequence, timestamp, schemaVersion: JOURNAL_SCHEMA_VERSION, ...event }
  },

  createRun(tx: FileTransaction, run: NewWorkflowRun) {
    return created(runNow(createRun(tx, tx.queue, run)))
  },

  completeAndContinue(
    tx: FileTransaction,
    { append, successor }: { readonly append: OwnerAppend; readonly successor: NewWorkflowRun },
  ) {
    const events = prepareEvents(append.runId, append.events)
    const { receipt, ...rest } = runNow(completeAndContinue(tx, tx.queue, append, events, successor))
    return { receipt, ...created(rest) }
  },

  updateRun(
    tx: FileTransaction,
    runId: string,
    change: RunChange,
    ownerToken: string | null,
  ): WorkflowRunRow {
    return runRow(updateRun(tx, runId, change, ownerToken ?? undefined).run)
  },

  deleteRun(tx: FileTransaction, runId: string): null {
    const { run } = mustLoad(tx, runId)
    if (!isTerminal(run.status)) {
      const over = ['completed', 'failed', 'cancelled', 'killed', 'timed_out'] as const
      throw invalidTransition(runId, run.status, 'deleting it', over)
    }
    tx.removeRun(runId)
    return null
  },

  appendLines(tx: FileTransaction, lines: readonly NewLine[]): null {
    appendLines(tx, lines)
    return null
  },

  claimDueRuns(tx: FileTransaction, claim: Parameters<QueueStore['claimDueRuns']>[0]): ClaimedRun[] {
    return runNow(claimDue(tx, tx.queue, claim)).map(claimed)
  },

  claimLostRuns(
    tx: FileTransaction,
    { dueBefore, ...claim }: Parameters<QueueStore['claimLostRuns']>[0],
  ): ClaimedRun[] {
    const places = lostPlaces(tx.unfinished(), listWorkers(tx.layout), dueBefore)
    if (places.length === 0) return []
    return runNow(claimDue(tx, tx.queue, { ...claim, places, now: dueBefore })).map(claimed)
  },

  parkRun(tx: FileTransaction, request: ParkRequest) {
    const events = prepareEvents(request.runId, parkEvents(request))
    return { parked: parkRun(tx, request, events) }
  },

  handBackRun(
    tx: FileTransaction,
    { runId, ownerToken, activeMs }: Parameters<QueueStore['handBackRun']>[0],
  ): boolean {
    const fold = tx.load(runId)
    if (!isOwner(fold, ownerToken)) return false
    leaveRun(tx, fold, 'handover', activeMs)
    return true
  },

  fenceRun(tx: FileTransaction, runId: string, ownerToken: string): string | null {
    const fold = tx.load(runId)
    return isOwner(fold, ownerToken) ? fenceRun(fold) : null
  },

  leaveWorker,
} as const

/** Names of the writes. */
export type OperationName = keyof typeof operations

/** What a write takes. */
export type OperationArguments<N extends OperationName> =
  Parameters<(typeof operations)[N]> extends [FileTransaction, ...infer Rest] ? Rest : never

/** What a write answers. */
export type OperationResult<N extends OperationName> = ReturnType<(typeof operations)[N]>

function created({ fold, created: isNew, claim }: CreatedRun) {
  return { run: runRow(fold.run), created: isNew, claimed: claim === null ? null : claimed(claim) }
}

/** What a worker is given of a claim. */
function claimed({ fold, ownerToken, cause, sequence }: Claim): ClaimedRun {
  return { run: runRow(fold.run), ownerToken, cause, sequence }
}

/** @throws WorkflowError `RECORD_CONFLICT` for a message to a chat thread that is not there. */
function checkSessions(tx: FileTransaction, events: readonly NewJournalEvent[]): void {
  for (const event of events) {
    if (event.type !== 'message.added') continue
    const { sessionId } = event.payload
    if (sessionId !== null && tx.get('sessions', sessionId) === null)
      throw conflict(tx.layout, `a message refers to the session ${sessionId}, which does not exist`)
  }
}
