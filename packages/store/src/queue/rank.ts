import type { RunColumns } from '../projection/rows.ts'

/** Rank of a run that was asked to stop: its clean-up comes before everything that waits for the same slot. */
const STOPPING = 1000

/**
 * Order of claims among due runs, higher first: by priority, then what has begun before what has not, so that
 * work in hand is finished first. Within a rank the run due longest is first.
 */
export function newRank(priority: number): number {
  return priority * 2
}

/** Rank of a run from its first claim on. */
export function begunRank({ priority, queue_rank }: Readonly<RunColumns>): number {
  return queue_rank === STOPPING ? STOPPING : priority * 2 + 1
}

/** Rank of a run that was asked to stop. */
export function stoppingRank(): number {
  return STOPPING
}
