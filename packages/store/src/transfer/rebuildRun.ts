import { WorkflowError, type JournalEvent } from '@holdfast/workflow-sdk'
import type { NewJournalEvent } from '@holdfast/workflow-sdk/journal'
import { externalIdOf } from '../append/appendFromOutside.ts'
import type { TransferredRun } from '../contract/index.ts'
import { keptCreated } from '../payload/kept.ts'
import { prepareEvents } from '../payload/prepare.ts'
import type { FactSource } from '../projection/Known.ts'
import { newRunColumns } from '../projection/newRun.ts'
import type { MessageColumns } from '../projection/rows.ts'
import { RunFold, type PendingRun } from '../projection/RunFold.ts'

/**
 * Builds a run's rows from events that were written elsewhere, with their times: the same projection, the same
 * ids. Answers the fold that later events and {@link finishRebuilt} go on with.
 * @throws WorkflowError `JOURNAL_CORRUPT` when the events do not follow each other.
 */
export function rebuildRun(
  known: RunFold | null,
  runId: string,
  events: readonly JournalEvent[],
  source: FactSource,
): RunFold {
  let fold = known
  for (const event of events) {
    const { type, payload, timestamp, schemaVersion } = event
    if (fold === null) {
      if (event.type !== 'run.created') throw outOfOrder(runId, event, 'run.created comes first')
      fold = new RunFold(newRunColumns(runId, event.payload, timestamp, timestamp, null), source, true)
      const keptText = JSON.stringify(keptCreated(event.payload, fold.run))
      fold.append({ event: { type: event.type, payload: event.payload }, keptText }, timestamp, schemaVersion)
    } else {
      const plain = { type, payload } as NewJournalEvent
      for (const prepared of prepareEvents(runId, [plain])) {
        fold.append(prepared, timestamp, schemaVersion, externalIdOf(plain))
      }
    }
    if (fold.run.last_sequence !== event.sequence)
      throw outOfOrder(runId, event, `it comes as number ${fold.run.last_sequence}`)
  }
  if (fold === null) throw new WorkflowError('INTERNAL', `No event of run ${runId} came.`)
  return fold
}

/** Takes over what the journal does not say. Nobody owns the run. @throws WorkflowError `JOURNAL_CORRUPT`. */
export function finishRebuilt(fold: RunFold | null, run: TransferredRun): RunFold {
  if (fold?.run.last_sequence === run.lastSequence) {
    fold.change({
      due_at: run.dueAt,
      left_because: run.leftBecause,
      active_ms: run.activeMs,
      queue_rank: run.queueRank,
      held_by: run.heldBy,
      held_at: run.heldAt,
      host_id: run.hostId,
      owner_token: null,
      worker_id: null,
    })
    return fold
  }
  throw new WorkflowError(
    'JOURNAL_CORRUPT',
    `Run ${run.id} has ${run.lastSequence} events, but ${fold?.run.last_sequence ?? 0} came. Restore the source from a backup.`,
    { details: { runId: run.id, sequence: run.lastSequence } },
  )
}

/** What is written of a run, without sessions that were deleted since its events named them. */
export function withoutLostSessions(pending: PendingRun, sessions: ReadonlySet<string>): PendingRun {
  const isLost = (id: string | null): boolean => id !== null && !sessions.has(id)
  if (isLost(pending.run.session_id)) Object.assign(pending.run, { session_id: null })
  for (const row of pending.rows) {
    if (row.table === 'messages' && 'insert' in row && isLost((row.insert as MessageColumns).session_id))
      Object.assign(row.insert, { session_id: null })
  }
  return pending
}

function outOfOrder(runId: string, { sequence, type }: JournalEvent, why: string): WorkflowError {
  return new WorkflowError(
    'JOURNAL_CORRUPT',
    `Event ${sequence} (${type}) of run ${runId} is out of order: ${why}. Restore the source from a backup.`,
    { details: { runId, sequence } },
  )
}
