import type { Output } from '../io.ts'
import { clip, widthOf } from './width.ts'

/** What the last column is left at least, however narrow the terminal. */
const LEAST = 12

/**
 * Rows as aligned columns, two spaces between; the last column is not padded, and cut at the width of a terminal.
 * Styles do not count as width.
 */
export function table(
  stream: Output,
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((row) => widthOf(row[column] ?? ''))),
  )
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0)
  const room = stream.isTTY === true ? Math.max(LEAST, (stream.columns ?? 80) - 1 - before) : Infinity
  const last = header.length - 1
  const all = [header, ...rows.map((row) => row.with(last, clip(row[last] ?? '', room)))]
  return all
    .map((row) =>
      row
        .map((cell, column) =>
          column === row.length - 1 ? cell : cell + ' '.repeat(widths[column]! - widthOf(cell)),
        )
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('')
}
