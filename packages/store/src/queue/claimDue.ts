import type { RunTransaction } from '../append/RunTransaction.ts'
import { admit, Gates } from './admit.ts'
import { claimRun, type Claim } from './claimRun.ts'
import { gatesOf, holdBack, refusalOf } from './gates.ts'
import type { QueueReads } from './QueueReads.ts'
import { wait, type Program } from './program.ts'

/** What {@link claimDue} takes. Times are ISO. */
export interface DueClaim {
  readonly workerId: string
  readonly limit: number
  readonly now: string
  readonly runId?: string
  /** Takes runs of these places instead of the worker's. */
  readonly places?: readonly string[]
}

/** Most runs that one claim looks at beyond those that it takes, so that a transaction stays short. */
const MOST_REFUSED = 200

/**
 * Makes a worker the owner of due runs that no limit holds back, in the order of the line. A run that is refused
 * leaves the line, and is looked at again only when its key lets it back.
 */
export function* claimDue(tx: RunTransaction, reads: QueueReads, claim: DueClaim): Program<Claim[]> {
  const own = claim.places ?? (yield* wait(reads.placesOf(claim.workerId)))
  // Whose row is gone is thought dead, and what it claimed now nobody would ever take over.
  if (own.length === 0) return []
  const places = [null, ...own]
  if (claim.runId !== undefined) return yield* claimOne(tx, reads, claim, places)
  const { now, limit, workerId } = claim
  const taken: Claim[] = []
  const moved = new Gates()
  for (let refused = 0; taken.length < limit && refused <= MOST_REFUSED;) {
    const ids = yield* wait(
      reads.dueRuns({ places: claim.places ?? places, now, limit: limit - taken.length }),
    )
    for (const id of ids) {
      const fold = yield* wait(reads.load(id))
      if (fold === null) continue
      const refusal = yield* refusalOf(fold, reads, tx.timestamp)
      if (refusal === null) taken.push(claimRun(tx, fold, workerId))
      else {
        holdBack(tx, fold, refusal)
        refused++
      }
      moved.add(gatesOf(fold.run))
    }
    // Without limits the line is as it was: what was asked for is taken, or there is nothing more.
    if (moved.isEmpty) break
    for (const gate of moved.take()) yield* admit(tx, reads, gate)
  }
  return taken
}

/** One run alone, also when its key holds it back while there is room. */
function* claimOne(
  tx: RunTransaction,
  reads: QueueReads,
  { workerId, now, runId = '' }: DueClaim,
  places: readonly (string | null)[],
): Program<Claim[]> {
  const fold = yield* wait(reads.load(runId))
  if (fold === null || !places.includes(fold.run.host_id)) return []
  const { owner_token, due_at, held_by } = fold.run
  const isHeld = held_by === 'concurrency' || held_by === 'quota'
  const waits = isHeld || (due_at !== null && due_at <= now)
  if (owner_token !== null || !waits) return []
  if ((yield* refusalOf(fold, reads, tx.timestamp)) !== null) return []
  return [claimRun(tx, fold, workerId)]
}
