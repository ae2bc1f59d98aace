import { leaveRun } from '../queue/leaveRun.ts'
import type { FileTransaction } from './FileTransaction.ts'
import { readWorker } from './workers.ts'

/** Takes its runs from a worker that retires or is dead, and removes its row. Answers their ids. */
export function leaveWorker(
  tx: FileTransaction,
  workerId: string,
  because: 'takeover' | 'handover',
): string[] {
  const ids = tx.unfinished().flatMap(({ id, worker_id }) => (worker_id === workerId ? [id] : []))
  const renewedAt = readWorker(tx.layout, workerId)?.renewed_at ?? null
  for (const id of ids) {
    const open = tx.open(id)
    if (open === null) continue
    const { fold, before } = open
    // A dead worker could not say how long it had run: from its claim to its last sign of life (S2).
    const aliveMs =
      renewedAt === null || before.claimedAt === null
        ? 0
        : Math.max(0, Date.parse(renewedAt) - Date.parse(before.claimedAt))
    leaveRun(tx, fold, because, because === 'takeover' ? fold.run.active_ms + aliveMs : undefined)
  }
  if (renewedAt !== null) tx.removeFile(tx.layout.worker(workerId))
  return ids
}
