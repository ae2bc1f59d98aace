import type { Limit, RunColumns } from '../projection/rows.ts'
import type { RunFold } from '../projection/RunFold.ts'
import type { MaybePromise } from './program.ts'

/** A key that limits runs of one workflow. */
export interface Gate {
  readonly by: Limit
  readonly workflowId: string
  readonly key: string
}

/**
 * What the rules of the queue ask their backend, inside the transaction: each answer counts what the
 * transaction changed already. Each is one seek in an index, whatever number of runs waits.
 */
export interface QueueReads {
  /** The run as the transaction sees it; null when it is gone, or just now in the hands of another transaction. */
  load(runId: string): MaybePromise<RunFold | null>
  /** Keeps other transactions from deciding about this key until this one ends; nothing where writers take turns. */
  lock(gate: Gate): MaybePromise<void>
  /**
   * The worker's host, and its group where it has one; empty for an unknown worker. Until the transaction ends nobody
   * can take the worker's runs from it without seeing what it claims.
   */
  placesOf(workerId: string): MaybePromise<readonly string[]>
  /** Host that a workspace lies on. */
  hostOf(workspaceId: string): MaybePromise<string | null>
  /**
   * Ids of runs without owner whose due time has come and that lie in one of `places` (null: nowhere), by rank
   * (higher first), then due time.
   */
  dueRuns(query: {
    readonly places: readonly (string | null)[]
    readonly now: string
    readonly limit: number
  }): MaybePromise<readonly string[]>
  /** Runs of the concurrency key that have an owner, counted up to `atMost`. */
  countRunning(gate: Gate, atMost: number): MaybePromise<number>
  /** Time at which the `nth` newest run of the rate key began, of those that began by `until`; null: fewer did. */
  nthNewestStart(gate: Gate, nth: number, until: string): MaybePromise<string | null>
  /**
   * Whether another run of the key than `run` stands in the line: without owner, due by `until`, of at least the
   * rank of `run`, and in no place or the place of `run`; for `quota` one that has not begun.
   */
  hasReady(gate: Gate, run: Readonly<RunColumns>, until: string): MaybePromise<boolean>
  /** The run that is next among those that the key holds back: by rank, then creation. */
  firstHeld(gate: Gate): MaybePromise<string | null>
  /** The run with this idempotency key. */
  withIdempotencyKey(workflowId: string, key: string): MaybePromise<string | null>
  /** The unfinished run with this singleton key. */
  withSingletonKey(workflowId: string, key: string): MaybePromise<string | null>
  /** The run with this debounce key that has not begun and is not over. */
  withDebounceKey(workflowId: string, key: string): MaybePromise<string | null>
}
