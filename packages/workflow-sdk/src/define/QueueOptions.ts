import type { Duration } from '../values/duration.ts'

/** How many runs of a workflow go at the same time. */
export interface ConcurrencyOption<Input = unknown> {
  /** Most runs that a worker executes at the same time, over all workers; parked ones do not count. */
  readonly limit: number
  /** Runs with the same text share the limit; without it all runs of the workflow do. */
  readonly key?: (input: Input) => string
}

/** How many runs of a workflow begin within a time. Later ones wait. */
export interface RateLimitOption<Input = unknown> {
  readonly limit: number
  /** Length of the window; it slides. */
  readonly perMs: Duration
  readonly key?: (input: Input) => string
}

/** At most one run of a workflow is unfinished. */
export interface SingletonOption<Input = unknown> {
  readonly key?: (input: Input) => string
  /** What a second start gets: the run that goes already (default), or `SINGLETON_CONFLICT`. */
  readonly onConflict?: 'use-existing' | 'fail'
}

/** Starts in quick succession become one run, with the last input. */
export interface DebounceOption<Input = unknown> {
  readonly key?: (input: Input) => string
  /** A start waits so long for another one. */
  readonly waitMs: Duration
  /** No start waits longer than this since the first; default no end. */
  readonly maxWaitMs?: Duration
}

/** Options of a workflow about when its runs begin and go. */
export interface QueueOptions<Input = unknown> {
  readonly concurrency?: ConcurrencyOption<Input>
  /** Higher goes first among runs that are due; a whole number from −100 to 100, default 0. */
  readonly priority?: number
  readonly rateLimit?: RateLimitOption<Input>
  readonly singleton?: SingletonOption<Input>
  readonly debounce?: DebounceOption<Input>
}

/** Checked {@link QueueOptions}; durations in milliseconds, null where nothing was said. */
export interface QueueRules<Input = unknown> {
  readonly priority: number
  readonly concurrency: ConcurrencyOption<Input> | null
  readonly rateLimit: (RateLimitOption<Input> & { readonly perMs: number }) | null
  readonly singleton: (SingletonOption<Input> & { readonly onConflict: 'use-existing' | 'fail' }) | null
  readonly debounce:
    | (Omit<DebounceOption<Input>, 'maxWaitMs'> & {
        readonly waitMs: number
        readonly maxWaitMs: number | null
      })
    | null
}
