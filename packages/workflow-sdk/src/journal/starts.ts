/** At most `limit` runs of the workflow with this key are owned by a worker at the same time. */
export interface ConcurrencyLimit {
  /** The author's key; empty where all runs of the workflow share the limit. */
  readonly key: string
  readonly limit: number
}

/** At most `limit` runs of the workflow with this key begin within any `perMs` milliseconds. */
export interface StartRate {
  readonly key: string
  readonly limit: number
  readonly perMs: number
}

/** A second start of the workflow with the same key is answered with the first run, as long as that is kept. */
export interface Idempotency {
  readonly key: string
  /** SHA-256 of the input as it was given; another one with the same key is refused. */
  readonly inputHash: string
}

/** At most one run of the workflow with this key is unfinished. */
export interface Singleton {
  readonly key: string
  /** What a start gets while there is one: that run, or `SINGLETON_CONFLICT`. */
  readonly onConflict: 'use-existing' | 'fail'
}

/** A start waits for `waitMs`; another one with this key meanwhile replaces its input and waits anew. */
export interface Debounce {
  readonly key: string
  readonly waitMs: number
  /** Longest wait since the first start; null: no end. */
  readonly maxWaitMs: number | null
}
