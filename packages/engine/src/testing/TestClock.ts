import type { Clock } from '@holdfast/workflow-sdk/ports'

interface Timer {
  readonly at: number
  readonly order: number
  readonly fn: () => void
}

/** A clock that moves only when a test moves it. Timers count time that passes, as those of a real machine do. */
export class TestClock implements Clock {
  /** Milliseconds that passed since the test began. */
  #elapsed = 0
  /** What the clock shows beyond that. */
  #offset: number
  #order = 0
  readonly #timers = new Set<Timer>()

  /** @param start Milliseconds since 1970; default the first of January 2026. */
  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#offset = start
  }

  now(): number {
    return this.#elapsed + this.#offset
  }

  monotonic(): number {
    return this.#elapsed
  }

  setTimer(delayMs: number, fn: () => void): () => void {
    const timer = { at: this.#elapsed + Math.max(0, delayMs), order: this.#order++, fn }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  /** Sets the clock back by so many milliseconds, as a person or a time server does; no time passes. */
  setBack(ms: number): void {
    this.#offset -= ms
  }

  /** Sets the clock forward, as a time server does, or a machine that was suspended; no time passes for timers. */
  setForward(ms: number): void {
    this.#offset += ms
  }

  /** Time of the next timer, or null. */
  get nextAt(): number | null {
    const next = this.#next()
    return next === null ? null : next.at + this.#offset
  }

  /** Moves on by `ms`, calling what becomes due in order; between two timers pending work is done. */
  async advance(ms: number): Promise<void> {
    // What was set in motion just now belongs to the time before.
    await turns()
    const end = this.#elapsed + ms
    for (let next = this.#next(); next !== null && next.at <= end; next = this.#next()) {
      this.#timers.delete(next)
      this.#elapsed = Math.max(this.#elapsed, next.at)
      next.fn()
      await turns()
    }
    this.#elapsed = end
    await turns()
  }

  #next(): Timer | null {
    let next: Timer | null = null
    for (const timer of this.#timers) {
      if (next === null || timer.at < next.at || (timer.at === next.at && timer.order < next.order))
        next = timer
    }
    return next
  }
}

/** Lets what is ready run: a handful of turns of the event loop. */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}
