import type { ClaimedRun } from '@holdfast/store/contract'
import { toErrorRecord, WorkflowError, type JournalEvent } from '@holdfast/workflow-sdk'
import { journalEvent, type NewJournalEvent } from '@holdfast/workflow-sdk/journal'
import { randomUUID } from 'node:crypto'
import type { EngineDependencies } from '../dependencies.ts'
import type { CloseReason } from './Execution.ts'

/** @throws WorkflowError `JOURNAL_CORRUPT` where a journal does not begin, or ends before the claim that was just written. */
export function checkWhole(events: readonly JournalEvent[], { run, sequence }: ClaimedRun): void {
  const last = events.at(-1)?.sequence ?? 0
  if (events[0]?.type === 'run.created' && last >= sequence) return
  throw new WorkflowError(
    'JOURNAL_CORRUPT',
    events[0]?.type === 'run.created'
      ? `The journal of run ${run.id} ends with event ${last}, but has been written up to ${sequence}. Restore the store from a backup.`
      : `The journal of run ${run.id} does not begin with run.created. Restore the store from a backup.`,
    { details: { runId: run.id, sequence: last } },
  )
}

/**
 * Puts away a run whose journal cannot be read: no code of it runs and nothing that was written is changed. It
 * waits for a person, and its journal is read again only when it is asked to go on. One that was asked to stop,
 * or is past its deadline, ends without its clean-up. What the store refuses is thrown.
 */
export async function setAside(
  { run, ownerToken }: ClaimedRun,
  { store, clock }: EngineDependencies,
  error: WorkflowError,
): Promise<CloseReason> {
  const now = clock.now()
  const owned = { runId: run.id, ownerToken }
  const end = endOf(run, now, error)
  if (end !== null) {
    await store.appendAsOwner({ ...owned, appendId: randomUUID(), events: [end] })
    return 'ended'
  }
  const waitingFor = {
    reason: 'failure',
    since: new Date(now).toISOString(),
    until: null,
    detail: `No worker goes on with this run, because its journal cannot be read. ${error.message} Then ask the run to go on, or end it. [${error.code}]`,
  } as const
  const { parked } = await store.parkRun({
    ...owned,
    seenSequence: await store.lastSequence(run.id),
    wakeAt: run.deadline_at,
    waitingFor,
    activeMs: run.active_ms,
    events: [],
  })
  // Something came in between: whoever claims it next sees it.
  return parked ? 'parked' : 'lost'
}

function endOf(run: ClaimedRun['run'], now: number, cause: WorkflowError): NewJournalEvent | null {
  const end = { cleanup: 'not-run', activeMs: run.active_ms, error: toErrorRecord(cause) } as const
  if (run.status === 'cancelling') return journalEvent('run.cancelled', end)
  const isPast = run.deadline_at !== null && Date.parse(run.deadline_at) <= now
  return isPast ? journalEvent('run.timed_out', end) : null
}
