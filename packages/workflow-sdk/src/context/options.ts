import type { Duration } from '../values/duration.ts'
import type { OnInterrupted, Writes } from '../values/statuses.ts'

/** How failed attempts are tried again. Missing fields take the defaults of the call (mapping 8). */
export interface RetryPolicy {
  /** All attempts together, at least 1. */
  readonly maxAttempts?: number
  readonly backoff?: 'exponential' | 'linear' | 'fixed'
  /** Delay before the second attempt; default one second. */
  readonly delayMs?: Duration
  /** No delay is longer; default five minutes. */
  readonly maxDelayMs?: Duration
  /** Whether each delay is drawn from its upper half, so that many runs do not return at once; default true. */
  readonly jitter?: boolean
}

/** What may be spent; each limit that is given holds. */
export interface Budget {
  /** US dollars. A call whose price is unknown counts nothing here. */
  readonly usd?: number
  /** Input and output tokens. */
  readonly tokens?: number
  /** Model calls. */
  readonly turns?: number
  /** Running time of the run, of a step since it began; parked time does not count. */
  readonly wallMs?: Duration
}

/** What every durable call takes. */
export interface CallOptions {
  /** Name in the journal; calls without one are named by their kind and counted. */
  readonly name?: string
}

/** Options of calls that make a step. */
export interface StepOptions extends CallOptions {
  readonly retry?: RetryPolicy
  /** Counts each attempt by itself (S2). */
  readonly timeoutMs?: Duration
  /** Declared input: kept in the journal, and part of the identity check on replay. Plain JSON. */
  readonly input?: unknown
  /** Distinguishes calls of one name whose order may vary (R3). */
  readonly key?: string
  readonly writes?: Writes
  readonly onInterrupted?: OnInterrupted
  readonly onFailure?: 'fail' | 'ask'
  /** `'step'`: an inner call keeps its result across the attempts of the step around it (R4). */
  readonly keep?: 'step'
}

/** Options of steps that write files: what an interrupted attempt starts from (W4). */
export interface TreeOptions {
  /** `restore`: the tree as it was before the attempt; `keep`: as it was left. */
  readonly onRetryTree?: 'restore' | 'keep'
}
