import type { Page, PageQuery } from '../contract/index.ts'
import { COUNT_LIMIT, cursorText, placeOf, type CursorValues } from './cursor.ts'

/** How the rows of a list in memory are ordered. */
export interface RowOrder<Row> {
  /** A value to sort by, null where it has none, and the id. */
  readonly sortedBy: (row: Row) => CursorValues
  /** Order of two rows by what they are sorted by. */
  readonly compare: (a: CursorValues, b: CursorValues) => number
}

/** One page of rows that lie in memory, as the SQL backends answer it. @throws WorkflowError `OPTION_INVALID`. */
export function pageOfRows<Row>(
  query: PageQuery,
  rows: readonly Row[],
  { sortedBy, compare }: RowOrder<Row>,
): Page<Row> {
  const { page, limit, offset, after } = placeOf(query)
  const sorted = rows
    .map((row) => ({ row, by: sortedBy(row) }))
    .toSorted((a, b) => compare(a.by, b.by))
    .filter(({ by }) => after === null || compare(by, after) > 0)
  const shown = sorted.slice(offset, offset + limit)
  const last = sorted.length > offset + limit ? shown.at(-1) : undefined
  return {
    items: shown.map(({ row }) => row),
    page,
    limit,
    total: Math.min(COUNT_LIMIT, rows.length),
    totalExact: rows.length <= COUNT_LIMIT,
    next: last === undefined ? null : cursorText(last.by),
  }
}

/** Order of two texts as databases compare them: by code, not by language. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
