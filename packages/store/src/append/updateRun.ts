import { isTerminal, WorkflowError, type ErrorRecord, type WorkflowStatus } from '@holdfast/workflow-sdk'
import { OUTSIDE_EVENT_TYPES, type NewJournalEvent, type OutsideEvent } from '@holdfast/workflow-sdk/journal'
import type { RunChange } from '../contract/index.ts'
import { prepareEvents } from '../payload/prepare.ts'
import type { RunFold } from '../projection/RunFold.ts'
import { appendFromOutside } from './appendFromOutside.ts'
import { checkBlobs, checkLength, checkNotOver, checkOwner, mustLoad } from './checks.ts'
import type { RunTransaction } from './RunTransaction.ts'
import { invalidTransition } from './transitions.ts'
import { writeEvents } from './writeEvents.ts'

/** Appends the events that say `change`, all or none of them; a status that the run has already says nothing. */
export function updateRun(
  tx: RunTransaction,
  runId: string,
  change: RunChange,
  ownerToken?: string,
): RunFold {
  const fold = mustLoad(tx, runId)
  if (ownerToken !== undefined) checkOwner(fold, ownerToken)
  const events = eventsOf(fold, change, ownerToken !== undefined)
  if (events.length === 0) return fold
  checkNotOver(fold)
  const [only] = events
  if (ownerToken === undefined && events.length === 1 && only !== undefined && isOutside(only)) {
    appendFromOutside(tx, runId, only, prepareEvents(runId, events))
    return fold
  }
  if (ownerToken === undefined && fold.run.owner_token !== null) throw ownerRequired(runId)
  checkLength(tx, fold, events)
  checkBlobs(tx, runId, events)
  writeEvents(tx, fold, prepareEvents(runId, events))
  // Somebody else than a worker drives this run: no worker shall claim it.
  if (change.status === 'running' && ownerToken === undefined) fold.change({ due_at: null })
  return fold
}

function isOutside(event: NewJournalEvent): event is OutsideEvent {
  return (OUTSIDE_EVENT_TYPES as readonly string[]).includes(event.type)
}

function ownerRequired(runId: string): WorkflowError {
  return new WorkflowError(
    'OWNER_REQUIRED',
    `A worker holds run ${runId}; only with its owner token can this be written. Cancel or kill the run instead.`,
    { details: { runId } },
  )
}

function eventsOf(fold: RunFold, change: RunChange, isOwner: boolean): NewJournalEvent[] {
  const { run } = fold
  const events: NewJournalEvent[] = []
  if (change.git !== undefined) events.push({ type: 'run.updated', payload: { git: change.git } })
  for (const [name, value] of Object.entries(change.tags ?? {})) {
    events.push({ type: 'run.updated', payload: { tag: { name, value } } })
  }
  checkFields(run.id, run.status, change)
  if (change.status !== undefined && change.status !== run.status) {
    events.push(statusEvent(fold, change, change.status, isOwner))
  }
  return events
}

/** Output, result and error belong to the end that they are part of. */
function checkFields(runId: string, status: WorkflowStatus, change: RunChange): void {
  const completes = change.status === 'completed'
  if (!completes && (change.output !== undefined || change.result !== undefined)) {
    throw invalidTransition(runId, status, 'setting an output or result without status completed', [])
  }
  if (
    change.error !== undefined &&
    (completes || change.status === undefined || !isTerminal(change.status))
  ) {
    throw invalidTransition(runId, status, 'setting an error without a status that says so', [])
  }
}

function statusEvent(
  { run }: RunFold,
  change: RunChange,
  status: WorkflowStatus,
  isOwner: boolean,
): NewJournalEvent {
  const activeMs = run.active_ms
  const error = change.error === undefined ? null : errorRecord(change.error)
  switch (status) {
    case 'running':
      if (run.status === 'pending') return { type: 'run.started', payload: { workerId: '', cause: 'start' } }
      if (run.status === 'cancelling')
        throw invalidTransition(run.id, run.status, 'running', ['pending', 'waiting', 'paused'])
      return { type: 'run.resume-requested', payload: { by: null } }
    case 'paused':
      return isOwner
        ? { type: 'run.paused', payload: { by: null, activeMs } }
        : { type: 'run.pause-requested', payload: { by: null } }
    case 'cancelling':
      return { type: 'run.cancel-requested', payload: { by: null, reason: 'cancelled' } }
    case 'completed': {
      const output = change.output === undefined ? {} : { json: change.output }
      return { type: 'run.completed', payload: { output, result: change.result ?? '', activeMs } }
    }
    case 'failed':
      return { type: 'run.failed', payload: { error: error ?? noReason(status), activeMs } }
    case 'cancelled':
      return { type: 'run.cancelled', payload: { cleanup: 'not-run', activeMs, error } }
    case 'timed_out':
      return {
        type: 'run.timed_out',
        payload: { cleanup: 'not-run', activeMs, error: error ?? noReason(status) },
      }
    case 'killed':
      return { type: 'run.killed', payload: { by: null } }
    case 'pending':
    case 'waiting':
      throw invalidTransition(run.id, run.status, status, [])
  }
}

function noReason(status: WorkflowStatus): ErrorRecord {
  return errorRecord(`The run was set to ${status} without a reason.`)
}

function errorRecord(message: string): ErrorRecord {
  return { name: 'Error', code: null, message, data: {}, stack: null, cause: null }
}
