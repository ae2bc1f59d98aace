import type { IWorkflowStore, StoreChange } from '@holdfast/runtime'
import type { Feed } from './Feed.ts'
import type { RunReader } from './RunReader.ts'

/** How often lines of logs are looked for, which no change of a run announces. */
const LOG_POLL_MS = 500

interface RunFeed {
  readonly feed: Feed
  readonly reader: RunReader
}

/** Listens to the store once for all subscriptions, and wakes those that a change concerns. */
export class Hub {
  readonly #store: IWorkflowStore
  readonly #onEnd: () => void
  readonly #byRun = new Map<string, Set<RunFeed>>()
  #unwatch: (() => void) | null = null
  #logTimer: NodeJS.Timeout | null = null
  #isLooking = false
  #lookAgain = false

  /** @param onEnd Called when the store tells nothing any more. */
  constructor(store: IWorkflowStore, onEnd: () => void) {
    this.#store = store
    this.#onEnd = onEnd
  }

  /** Wakes the feed now and whenever its run changes. The answer ends that. */
  addRun(feed: Feed, reader: RunReader): () => void {
    const own = { feed, reader }
    const others = this.#byRun.get(reader.runId) ?? new Set()
    this.#byRun.set(reader.runId, others.add(own))
    this.#begin()
    feed.wake()
    return () => {
      feed.close()
      others.delete(own)
      if (others.size === 0 && this.#byRun.get(reader.runId) === others) this.#byRun.delete(reader.runId)
      if (this.#byRun.size === 0) this.close()
    }
  }

  close(): void {
    this.#unwatch?.()
    this.#unwatch = null
    if (this.#logTimer !== null) clearInterval(this.#logTimer)
    this.#logTimer = null
  }

  #begin(): void {
    this.#unwatch ??= this.#store.watch(
      (change) => this.#changed(change),
      () => this.#onEnd(),
    )
    this.#logTimer ??= setInterval(() => {
      for (const { feed, reader } of this.#all()) if (reader.wantsLogs) feed.wake()
    }, LOG_POLL_MS).unref()
  }

  #changed({ runId }: StoreChange): void {
    if (runId === null) void this.#look()
    else for (const { feed } of this.#byRun.get(runId) ?? []) feed.wake()
  }

  /** Another process changed something: one question per run that somebody looks at, not one per client. */
  async #look(): Promise<void> {
    this.#lookAgain = true
    if (this.#isLooking) return
    this.#isLooking = true
    try {
      while (this.#lookAgain) {
        this.#lookAgain = false
        for (const [runId, feeds] of [...this.#byRun]) {
          const last = await this.#store.lastSequence(runId)
          for (const { feed, reader } of feeds) if (reader.sequence < last) feed.wake()
        }
      }
    } catch {
      // The store is in trouble that may pass: each feed asks for itself and tells its client.
      for (const { feed } of this.#all()) feed.wake()
    } finally {
      this.#isLooking = false
    }
  }

  *#all(): Iterable<RunFeed> {
    for (const feeds of this.#byRun.values()) yield* feeds
  }
}
