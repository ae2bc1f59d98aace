import { installOnce } from '@holdfast/agents/testing'
import type { NamedCard } from '../cards.ts'
import type { Failure } from '../driver/Results.ts'

/** Gets everything that takes the network, before anything is measured. What cannot be had is a failure. */
export async function prepare(
  cards: readonly NamedCard[],
): Promise<{ readonly ready: readonly NamedCard[]; readonly failures: readonly Failure[] }> {
  const ready: NamedCard[] = []
  const failures: Failure[] = []
  for (const card of cards) {
    try {
      if (card.packages !== undefined) await installOnce(card.packages)
      ready.push(card)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      failures.push({ case: null, adapter: card.name, reason: `could not be installed: ${why}` })
    }
  }
  return { ready, failures }
}
