import type { AdapterName } from '../cards.ts'
import type { Machine } from '../measure/machine.ts'
import { median } from '../measure/statistics.ts'
import type { Sizes } from '../sizes.ts'
import type { Figures } from '../workloads/Measurement.ts'
import type { CaseId } from './cases.ts'

/** One repetition of one case with one adapter. */
export interface Result {
  readonly case: CaseId | 'START'
  readonly adapter: AdapterName
  readonly figures: Figures
}

/** Something that was to be measured and could not be. */
export interface Failure {
  /** Null when the adapter could not be measured at all. */
  readonly case: CaseId | null
  readonly adapter: AdapterName
  readonly reason: string
}

/** Everything that one call of the benchmark measured. */
export interface Results {
  readonly machine: Machine
  /** What was asked for; a peer's card may say less. */
  readonly sizes: Sizes
  readonly reps: number
  /** Repetitions of peers. */
  readonly peerReps: number
  readonly built: boolean
  readonly countedSyncs: boolean
  /** Who was to be measured. */
  readonly adapters: readonly AdapterName[]
  readonly results: readonly Result[]
  readonly failures: readonly Failure[]
}

/** Median of a figure over the repetitions; null where it was not measured. */
export function medianOf(
  results: readonly Result[],
  wanted: { readonly case: CaseId | 'START'; readonly adapter: AdapterName; readonly figure: string },
): number | null {
  const values = results
    .filter((result) => result.case === wanted.case && result.adapter === wanted.adapter)
    .map((result) => result.figures[wanted.figure])
    .filter((value) => value !== undefined)
  return values.length === 0 ? null : median(values)
}
