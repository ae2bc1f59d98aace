import type { NewJournalEvent } from '@holdfast/workflow-sdk/journal'
import { checkBlobs, checkLength, checkOwner, checkOwnerEvents, mustLoad } from '../append/checks.ts'
import type { RunTransaction } from '../append/RunTransaction.ts'
import { writeEvents } from '../append/writeEvents.ts'
import type { ParkRequest } from '../contract/index.ts'
import type { PreparedEvent } from '../payload/prepare.ts'

/** The events that a park writes: those that ride along, then `run.parked`. */
export function parkEvents({ events, waitingFor, wakeAt, activeMs }: ParkRequest): NewJournalEvent[] {
  return [...events, { type: 'run.parked', payload: { waitingFor, wakeAt, activeMs } }]
}

/** Parks a run if nothing was appended since its owner looked (J2); otherwise nothing is written. */
export function parkRun(tx: RunTransaction, request: ParkRequest, events: readonly PreparedEvent[]): boolean {
  const fold = mustLoad(tx, request.runId)
  checkOwner(fold, request.ownerToken)
  checkOwnerEvents(request.runId, request.events)
  if (fold.run.last_sequence !== request.seenSequence) return false
  checkLength(tx, fold, request.events)
  checkBlobs(tx, request.runId, request.events)
  writeEvents(tx, fold, events)
  return true
}
