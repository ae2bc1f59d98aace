import { WorkflowError } from '@holdfast/workflow-sdk'
import { OUTSIDE_EVENT_TYPES, type NewJournalEvent, type OutsideEvent } from '@holdfast/workflow-sdk/journal'
import type { AppendReceipt } from '../contract/index.ts'
import { prepareEvents, type PreparedEvent } from '../payload/prepare.ts'
import type { RunFold } from '../projection/RunFold.ts'
import { makeDue } from '../queue/due.ts'
import { answeredBefore } from './answers.ts'
import { checkLength, checkNotOver, mustLoad } from './checks.ts'
import type { RunTransaction } from './RunTransaction.ts'
import { checkTransition } from './transitions.ts'
import { writeEvents } from './writeEvents.ts'

/** An event that needs no owner (J1): it is checked, appended, and makes a parked run due. */
export function appendFromOutside(
  tx: RunTransaction,
  runId: string,
  event: OutsideEvent,
  prepared: readonly PreparedEvent[],
): AppendReceipt {
  if (!(OUTSIDE_EVENT_TYPES as readonly string[]).includes(event.type) || event.type === 'run.created') {
    throw notAllowed(runId, event.type)
  }
  const fold = mustLoad(tx, runId)
  const externalId = externalIdOf(event)
  const before = cameBefore(tx, fold, event, externalId)
  if (before !== null)
    return { runId, first: before.sequence, last: before.sequence, timestamp: before.timestamp }
  checkNotOver(fold)
  checkTransition(fold, event)
  checkLength(tx, fold, [event])
  const receipt = writeEvents(tx, fold, prepared, { externalId })
  if (isCancelBeforeStart(fold, event)) endUnstarted(tx, fold)
  else makeDue(tx, fold, event.type)
  return receipt
}

function isCancelBeforeStart({ run }: RunFold, event: OutsideEvent): boolean {
  return (
    event.type === 'run.cancel-requested' && event.payload.reason === 'cancelled' && run.started_at === null
  )
}

/** A run that never began has nothing to clean up: no worker and no room is needed to end it. */
function endUnstarted(tx: RunTransaction, fold: RunFold): void {
  const payload = { cleanup: 'not-run', activeMs: 0, error: null } as const
  writeEvents(tx, fold, prepareEvents(fold.run.id, [{ type: 'run.cancelled', payload }]))
}

/** The error for an event that only the owner may write. */
function notAllowed(runId: string, type: string): WorkflowError {
  return new WorkflowError(
    'EVENT_NOT_ALLOWED',
    type === 'run.created'
      ? `run.created of run ${runId} is written by creating the run. Use createWorkflowRun.`
      : `${type} of run ${runId} may only be written by its owner. Give the owner token.`,
    { details: { runId, type } },
  )
}

/** The id under which an event comes once per run only; null for most. */
export function externalIdOf(event: NewJournalEvent): string | null {
  if (event.type === 'message.added' && event.payload.id !== undefined) return `message:${event.payload.id}`
  if (event.type === 'event.received') return `event:${event.payload.id}`
  if (event.type === 'child.completed') return `child:${event.payload.childRunId}`
  return null
}

/** What was said before is answered as it was then, also when the run is over since. */
function cameBefore(
  tx: RunTransaction,
  fold: RunFold,
  event: OutsideEvent,
  externalId: string | null,
): { readonly sequence: number; readonly timestamp: string } | null {
  if (externalId !== null) return tx.findExternal(fold.run.id, externalId)
  if (event.type !== 'approval.answered') return null
  const sequence = answeredBefore(fold, event.payload)
  return sequence === null ? null : { sequence, timestamp: tx.timestampOf(fold.run.id, sequence) }
}
