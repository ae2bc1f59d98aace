import { medianOf, type Results } from '../driver/Results.ts'
import { ROWS, type Row, type Target } from './rows.ts'

/** One line of the table with its figures: medians over the repetitions, null where not measured. */
export interface Line {
  readonly row: Row
  readonly what: string
  readonly floor: number | null
  readonly holdfast: number | null
  /** Holdfast divided by the floor. */
  readonly ratio: number | null
  /** Null where there is no target or no figure. */
  readonly met: boolean | null
}

/** The lines of the table for which something was measured, or should have been. */
export function linesOf({ results, sizes }: Results): Line[] {
  const measured = new Set(results.map((result) => result.case))
  return ROWS.filter((row) => measured.has(row.case)).map((row) => {
    const { case: of, figure } = row
    const floor = medianOf(results, { case: of, adapter: 'floor', figure })
    const holdfast = medianOf(results, { case: of, adapter: 'holdfast', figure })
    const ratio = floor === null || holdfast === null || floor === 0 ? null : holdfast / floor
    const value = row.target?.of === 'ratio' ? ratio : holdfast
    return { row, what: row.what(sizes), floor, holdfast, ratio, met: meets(row.target, value) }
  })
}

function meets(target: Target | null, value: number | null): boolean | null {
  if (target === null || value === null) return null
  return target.bound === 'at most' ? value <= target.value : value >= target.value
}
