import { randomUUID } from 'node:crypto'
import type { RunTransaction } from '../append/RunTransaction.ts'
import { isTerminal } from '@holdfast/workflow-sdk'
import type { RunFold } from '../projection/RunFold.ts'

/**
 * Takes a run from its owner so that any worker may go on at once. No event is written and the status stays:
 * the journal says that the run is running, and the next claim writes `run.resumed` with the cause.
 */
export function leaveRun(
  tx: RunTransaction,
  fold: RunFold,
  because: 'takeover' | 'handover',
  activeMs?: number,
): void {
  fold.change({
    owner_token: null,
    worker_id: null,
    due_at: tx.timestamp,
    left_because: because,
    ...(activeMs === undefined ? {} : { active_ms: activeMs }),
  })
}

/** Whether this token owns the run now. */
export function isOwner(fold: RunFold | null, ownerToken: string): fold is RunFold {
  return fold !== null && !isTerminal(fold.run.status) && fold.run.owner_token === ownerToken
}

/** Replaces the token of a run; the worker stays, what its zombie writes is refused. */
export function fenceRun(fold: RunFold): string {
  const ownerToken = randomUUID()
  fold.change({ owner_token: ownerToken })
  return ownerToken
}
