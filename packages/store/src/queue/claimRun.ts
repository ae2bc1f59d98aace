import { randomUUID } from 'node:crypto'
import type { ClaimCause, NewJournalEvent } from '@holdfast/workflow-sdk/journal'
import type { RunTransaction } from '../append/RunTransaction.ts'
import { writeEvents } from '../append/writeEvents.ts'
import { prepareEvents } from '../payload/prepare.ts'
import type { RunFold } from '../projection/RunFold.ts'
import { begunRank } from './rank.ts'

/** A claim as it was written. */
export interface Claim {
  readonly fold: RunFold
  readonly ownerToken: string
  readonly cause: ClaimCause
  readonly sequence: number
}

/**
 * Makes a worker the owner of a run that nobody owns: a fresh token, and `run.started` the first time,
 * `run.resumed` later. The cause says how the run was left: by a worker that died (`takeover`) or gave it
 * back (`handover`), else by parking (`wake`).
 */
export function claimRun(tx: RunTransaction, fold: RunFold, workerId: string, given?: ClaimCause): Claim {
  const { run } = fold
  const isFirst = run.started_at === null
  const cause = given ?? run.left_because ?? (isFirst ? 'start' : 'wake')
  const ownerToken = randomUUID()
  const event: NewJournalEvent = {
    type: isFirst ? 'run.started' : 'run.resumed',
    payload: { workerId, cause },
  }
  fold.change({
    owner_token: ownerToken,
    worker_id: workerId,
    due_at: null,
    left_because: null,
    queue_rank: begunRank(run),
    ...(run.held_by === null ? {} : { held_by: null, held_at: null }),
  })
  const { first } = writeEvents(tx, fold, prepareEvents(run.id, [event]))
  return { fold, ownerToken, cause, sequence: first }
}
