import type { StoreName } from '../Card.ts'
import type { Line, Pair, PeerFigure } from './lines.ts'
import { markdown, type Column } from './markdown.ts'
import type { Row, Target } from './rows.ts'

/** The lines as a Markdown table: Holdfast and the floor on each store, the target, and each peer. */
export function table(lines: readonly Line[]): string {
  const [first] = lines
  if (first === undefined) return 'Nothing was measured.'
  const many = first.pairs.length > 1
  const columns: Column[] = [
    { head: '', side: 'left' },
    { head: 'what', side: 'left' },
    ...first.pairs.flatMap(({ store }, at) => headsOf(many ? `, ${STORE_TITLES[store]}` : '', at === 0)),
    ...first.peers.map(({ card }): Column => ({ head: card.title, side: 'right' })),
  ]
  const rows = lines.map(({ row, what, pairs, peers }) => {
    const goesOn = what.startsWith('…')
    return [
      goesOn ? '' : row.case.replace('slow', ''),
      what,
      ...pairs.flatMap((pair, at) => pairCells(row, pair, at === 0)),
      ...peers.map((peer) => peerCell(row.unit, goesOn, peer)),
    ]
  })
  return markdown(columns, rows)
}

const STORE_TITLES: Readonly<Record<StoreName, string>> = {
  sqlite: 'SQLite',
  postgres: 'PostgreSQL',
  own: 'own',
}

/** The target is the same for every store, and so is said once. */
function headsOf(store: string, withTarget: boolean): Column[] {
  return [
    { head: `Holdfast${store}`, side: 'right' },
    { head: `floor${store}`, side: 'right' },
    { head: 'ratio', side: 'right' },
    ...(withTarget ? [{ head: 'target', side: 'right' } as const] : []),
    { head: '', side: 'left' },
  ]
}

function pairCells(row: Row, { holdfast, floor, ratio, met }: Pair, withTarget: boolean): string[] {
  return [
    figure(holdfast, row.unit),
    figure(floor, row.unit),
    ratio === null || row.target?.of === 'figure' ? '' : `${number(ratio)}×`,
    ...(withTarget ? [row.target === null ? '' : target(row.target, row.unit)] : []),
    met === null ? '' : met ? 'met' : '**missed**',
  ]
}

/** What was smaller is said in the first line of a case, not in those that go on with it. */
function peerCell(unit: string, goesOn: boolean, { value, ratio, note, failed }: PeerFigure): string {
  if (failed) return 'failed'
  if (value === null) return '–'
  const compared = ratio === null ? '' : ` (${number(ratio)}×)`
  const smaller = note === '' || goesOn ? '' : `, ${note}`
  return `${figure(value, unit)}${compared}${smaller}`
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
