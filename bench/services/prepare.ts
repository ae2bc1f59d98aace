import { installOnce } from '@holdfast/agents/testing'
import type { NamedCard } from '../cards.ts'
import type { Failure } from '../driver/Results.ts'
import { Postgres } from './Postgres.ts'

/** What is there before anything is measured. */
export interface Prepared {
  /** Who can be measured. */
  readonly ready: readonly NamedCard[]
  /** Who cannot, and why. */
  readonly failures: readonly Failure[]
  /** The server for all who keep their runs in PostgreSQL; null where nobody does. */
  readonly postgres: Postgres | null
}

/**
 * Gets everything that takes the network, and starts PostgreSQL where it is needed. What cannot be had is a
 * failure of those who need it. `shim` is the library that counts fsyncs.
 */
export async function prepare(cards: readonly NamedCard[], shim: string | null): Promise<Prepared> {
  const needed = cards.some(({ store }) => store === 'postgres')
  const postgres = needed ? await reasonOr(() => Postgres.create(shim)) : null
  const ready: NamedCard[] = []
  const failures: Failure[] = []
  for (const card of cards) {
    const { packages } = card
    const installed = packages === undefined ? null : await reasonOr(() => installOnce(packages))
    const fail = (reason: string): void => void failures.push({ case: null, adapter: card.name, reason })
    if (card.store === 'postgres' && postgres instanceof Reason)
      fail(`PostgreSQL could not be started: ${postgres.text}`)
    else if (installed instanceof Reason) fail(`could not be installed: ${installed.text}`)
    else ready.push(card)
  }
  return { ready, failures, postgres: postgres instanceof Reason ? null : postgres }
}

/** Why something could not be had. */
class Reason {
  readonly text: string

  constructor(error: unknown) {
    this.text = error instanceof Error ? error.message : String(error)
  }
}

async function reasonOr<Value>(get: () => Promise<Value>): Promise<Value | Reason> {
  try {
    return await get()
  } catch (error) {
    return new Reason(error)
  }
}
