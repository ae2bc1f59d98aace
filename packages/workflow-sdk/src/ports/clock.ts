/** Time as the engine sees it; tests hand in one that they move themselves. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number
  /** Milliseconds of a clock that never goes back; only differences mean something. */
  monotonic(): number
  /** Calls `fn` once after `delayMs`; the answer cancels it. Delays beyond 24 days are handled. */
  setTimer(delayMs: number, fn: () => void): () => void
}
