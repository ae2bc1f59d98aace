import type { Card } from './Card.ts'
import { OWN_CARDS } from './adapters/cards.ts'
import { PEER_CARDS } from './peers/cards.ts'

/** Every adapter, in the order in which they take turns. */
export const CARDS: readonly NamedCard[] = [...OWN_CARDS, ...PEER_CARDS]

/** Name of an adapter. */
export type AdapterName = (typeof OWN_CARDS | typeof PEER_CARDS)[number]['name']

/** A card whose name is known. */
export type NamedCard = Card & { readonly name: AdapterName }

/** The card of a name. */
export function cardOf(name: AdapterName): NamedCard {
  const card = CARDS.find((one) => one.name === name)
  if (card === undefined) throw new RangeError(`There is no adapter "${name}".`)
  return card
}

/** Whether it is another system than this one. */
export function isPeer({ system }: Card): boolean {
  return system !== 'holdfast' && system !== 'floor'
}
