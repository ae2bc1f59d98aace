import type { JournalEventType } from '@holdfast/workflow-sdk/journal'
import type { RunTransaction } from '../append/RunTransaction.ts'
import type { RunFold } from '../projection/RunFold.ts'
import { stoppingRank } from './rank.ts'

/**
 * Makes a run that nobody owns due after an event from outside (J1): a waiting one at every event, a paused
 * or not yet started one only when it is asked to stop or, paused, to go on. A run that a limit holds back is
 * due already; one that was asked to stop is the next of its key.
 */
export function makeDue(tx: RunTransaction, fold: RunFold, type: JournalEventType): void {
  const { run } = fold
  if (run.owner_token !== null || run.completed_at !== null) return
  const stops = type === 'run.cancel-requested'
  const asked = stops || (run.status === 'paused' && type === 'run.resume-requested')
  if (!asked && run.status !== 'waiting' && run.status !== 'cancelling') return
  if (stops && run.concurrency_key !== null) fold.change({ queue_rank: stoppingRank() })
  if (run.held_by !== null) return
  if (run.due_at === null || run.due_at > tx.timestamp) fold.change({ due_at: tx.timestamp })
}
