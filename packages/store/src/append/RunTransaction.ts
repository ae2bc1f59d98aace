import type { RunFold } from '../projection/RunFold.ts'
import type { RunColumns } from '../projection/rows.ts'

/** Limits of one journal, in events (J5). */
export interface JournalLimits {
  /** At this many events the run is warned once. */
  readonly warnAt: number
  /** More are refused, except those that bring the run to its end. */
  readonly stopAt: number
}

/** Default {@link JournalLimits}. */
export const DEFAULT_LIMITS: JournalLimits = { warnAt: 10_000, stopAt: 100_000 }

/** A transaction as the operations on runs see it, the same for every backend. */
export interface RunTransaction {
  /** ISO time of everything that is written in it. */
  readonly timestamp: string
  readonly limits: JournalLimits
  /** The run as this transaction sees it; null when there is none. */
  load(runId: string): RunFold | null
  /** A new run; nothing is written before the transaction ends. */
  create(run: RunColumns): RunFold
  /** Where the event with this id from outside lies; null when it never came. */
  findExternal(
    runId: string,
    externalId: string,
  ): { readonly sequence: number; readonly timestamp: string } | null
  timestampOf(runId: string, sequence: number): string
  hasBlob(hash: string): boolean
}
