import type { Line } from './lines.ts'
import type { Target } from './rows.ts'

/** The lines as a Markdown table. */
export function table(lines: readonly Line[]): string {
  const rows = lines.map(({ row, what, floor, holdfast, ratio, met }) => [
    what.startsWith('…') ? '' : row.case.replace('slow', ''),
    what,
    figure(holdfast, row.unit),
    figure(floor, row.unit),
    ratio === null || row.target?.of === 'figure' ? '' : `${number(ratio)}×`,
    row.target === null ? '' : target(row.target, row.unit),
    met === null ? '' : met ? 'met' : '**missed**',
  ])
  const head = ['', 'what', 'Holdfast', 'floor', 'ratio', 'target', '']
  return markdown([head, ...rows], ['left', 'left', 'right', 'right', 'right', 'right', 'left'])
}

/** A table whose columns stand below each other in its source too, as the formatter wants it. */
function markdown(rows: readonly (readonly string[])[], sides: readonly ('left' | 'right')[]): string {
  const widths = sides.map((_, column) => Math.max(3, ...rows.map((cells) => cells[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const [head, ...body] = rows.map((cells) =>
    line(
      cells.map((cell, column) =>
        sides[column] === 'right' ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      ),
    ),
  )
  const rule = line(
    widths.map((width, column) =>
      sides[column] === 'right' ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
    ),
  )
  return [head, rule, ...body].join('\n')
}

function target({ of, bound, value }: Target, unit: string): string {
  const sign = bound === 'at most' ? '≤' : '≥'
  return of === 'ratio' ? `${sign} ${number(value)}× floor` : `${sign} ${figure(value, unit)}`
}

function figure(value: number | null, unit: string): string {
  if (value === null) return unit === '' ? 'not counted' : '–'
  return `${number(value)}${unit.startsWith('/') || unit === '' ? unit : ` ${unit}`}`
}

/** Three significant digits, thousands apart. */
function number(value: number): string {
  return Math.abs(value) >= 100
    ? Math.round(value).toLocaleString('en-US')
    : Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 4 })
}
