/** A column's head, and the side on which its text stands. */
export interface Column {
  readonly head: string
  readonly side: 'left' | 'right'
}

/** A table whose columns stand below each other in its source too, as the formatter wants it. */
export function markdown(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const heads = columns.map(({ head }) => head)
  const widths = heads.map((head, at) => Math.max(3, head.length, ...rows.map((row) => row[at]?.length ?? 0)))
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const padded = (cells: readonly string[]): string =>
    line(
      cells.map((cell, at) =>
        columns[at]?.side === 'right' ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
      ),
    )
  const rule = line(
    widths.map((width, at) =>
      columns[at]?.side === 'right' ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
    ),
  )
  return [padded(heads), rule, ...rows.map(padded)].join('\n')
}
