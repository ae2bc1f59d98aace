import { CARDS, isPeer, type AdapterName, type NamedCard } from '../cards.ts'
import type { StoreName } from '../Card.ts'
import { medianOf, type Results } from '../driver/Results.ts'
import { limited } from '../sizes.ts'
import { ROWS, sizeNote, type Row, type Target } from './rows.ts'

/** One line of the table with its figures: medians over the repetitions, null where not measured. */
export interface Line {
  readonly row: Row
  readonly what: string
  /** One for each store that Holdfast or the floor was measured on. */
  readonly pairs: readonly Pair[]
  readonly peers: readonly PeerFigure[]
}

/** Holdfast and the floor on one store. */
export interface Pair {
  readonly store: StoreName
  readonly floor: number | null
  readonly holdfast: number | null
  /** Holdfast divided by the floor. */
  readonly ratio: number | null
  /** Null where there is no target or no figure. */
  readonly met: boolean | null
}

/** A peer's figure. */
export interface PeerFigure {
  readonly card: NamedCard
  readonly value: number | null
  /** The peer divided by Holdfast on the same store; for a server of its own, on SQLite. */
  readonly ratio: number | null
  /** What was smaller than asked for, e.g. `300 runs`; empty where nothing was. */
  readonly note: string
  /** Whether it was to be measured and could not be. */
  readonly failed: boolean
}

/** The lines of the table for which something was measured, or should have been. */
export function linesOf(all: Results): Line[] {
  const { results, sizes } = all
  const measured = new Set(results.map((result) => result.case))
  const cards = CARDS.filter(({ name }) => all.adapters.includes(name))
  const stores = [...new Set(cards.filter((card) => !isPeer(card)).map(({ store }) => store))]
  return ROWS.filter((row) => measured.has(row.case)).map((row) => {
    const pairs = stores.map((store) => pairOf(all, row, store))
    return {
      row,
      what: row.what(sizes),
      pairs,
      peers: cards.filter(isPeer).map((card) => peerOf(all, row, card, pairs)),
    }
  })
}

function pairOf({ results }: Results, { case: of, figure, target }: Row, store: StoreName): Pair {
  const value = (system: string): number | null => {
    const card = CARDS.find((one) => one.system === system && one.store === store)
    return card === undefined ? null : medianOf(results, { case: of, adapter: card.name, figure })
  }
  const floor = value('floor')
  const holdfast = value('holdfast')
  const ratio = divided(holdfast, floor)
  return { store, floor, holdfast, ratio, met: meets(target, target?.of === 'ratio' ? ratio : holdfast) }
}

function peerOf(all: Results, row: Row, card: NamedCard, pairs: readonly Pair[]): PeerFigure {
  const { case: of, figure } = row
  const value = medianOf(all.results, { case: of, adapter: card.name, figure })
  const store = card.store === 'own' ? 'sqlite' : card.store
  const holdfast = pairs.find((pair) => pair.store === store)?.holdfast ?? null
  const note = value === null ? '' : sizeNote(row, all.sizes, limited(all.sizes, card.atMost))
  return { card, value, ratio: divided(value, holdfast), note, failed: hasFailed(all, of, card.name) }
}

function hasFailed({ failures }: Results, of: Row['case'], adapter: AdapterName): boolean {
  return failures.some(
    (failure) => failure.adapter === adapter && (failure.case === null || failure.case === of),
  )
}

function divided(value: number | null, by: number | null): number | null {
  return value === null || by === null || by === 0 ? null : value / by
}

function meets(target: Target | null, value: number | null): boolean | null {
  if (target === null || value === null) return null
  return target.bound === 'at most' ? value <= target.value : value >= target.value
}
