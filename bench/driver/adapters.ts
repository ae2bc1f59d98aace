import { CARDS, isPeer, type NamedCard } from '../cards.ts'
import type { StoreName } from '../Card.ts'

const PEERS: readonly string[] = [...new Set(CARDS.filter(isPeer).map(({ system }) => system))]

const STORES: readonly StoreName[] = ['sqlite', 'postgres']

/**
 * Who is measured: Holdfast and the floor on each of the stores, and the peers. With peers, every store on which
 * they keep their runs is measured unless some are named. @throws RangeError that names what is unknown.
 */
export function chosenCards(peers: string | undefined, stores: string | undefined): readonly NamedCard[] {
  const systems = peers === undefined ? [] : listed('--peers', peers, PEERS)
  const named = stores === undefined ? undefined : listed('--store', stores, STORES)
  const on = named ?? (systems.length === 0 ? ['sqlite'] : STORES)
  const cards = CARDS.filter(
    (card) =>
      (isPeer(card) ? systems.includes(card.system) : true) &&
      (card.store === 'own' || on.includes(card.store)),
  )
  const without = systems.filter((system) => !cards.some((card) => card.system === system))
  if (without.length > 0)
    throw new RangeError(`${without.join(', ')} cannot keep runs in ${on.join(', ')}. Name another --store.`)
  return cards
}

function listed(option: string, text: string, known: readonly string[]): readonly string[] {
  if (text.trim() === 'all') return known
  const names = text.split(',').map((name) => name.trim().toLowerCase())
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0)
    throw new RangeError(`${option} names ${unknown.join(', ')}. Known: all, or some of ${known.join(',')}.`)
  return names
}
