import { journalEvent } from '@holdfast/workflow-sdk/journal'
import type { Execution } from '../execution/Execution.ts'
import type { EventWait } from './EventWait.ts'

/**
 * Gives received events to the waits of a run (S7): each event to at most one wait, the oldest first. Waits
 * enter when the code has asked for them; matching happens only while the code is quiescent, so that a replay
 * has all of its waits back before it decides anything new.
 */
export class EventMatcher {
  readonly #x: Execution
  readonly #waits = new Set<EventWait>()
  readonly #consumed = new Set<number>()

  constructor(x: Execution) {
    this.#x = x
  }

  add(wait: EventWait): void {
    this.#waits.add(wait)
    this.match()
  }

  remove(wait: EventWait): void {
    this.#waits.delete(wait)
  }

  /** Pairs what can be paired now. */
  match(): void {
    if (this.#waits.size === 0 || this.#x.closed !== null) return
    for (const event of this.#x.index.events) {
      if (this.#consumed.has(event.sequence)) continue
      const wait = [...this.#waits]
        .toSorted((a, b) => a.order - b.order)
        .find((candidate) => candidate.accepts(event.payload))
      if (wait === undefined) continue
      this.#consumed.add(event.sequence)
      this.#waits.delete(wait)
      this.#x.write(
        journalEvent('wait.satisfied', { key: wait.key, how: 'event', eventSequence: event.sequence }),
      )
    }
  }
}
