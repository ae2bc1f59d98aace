import type { StoreChange } from '../contract/index.ts'
import type { Connection } from './Connection.ts'

type Listener = (change: StoreChange) => void

/**
 * Tells listeners of commits: of this process right after the commit, of others by looking at SQLite's
 * `data_version`, which changes when another connection commits. It looks only while somebody listens.
 */
export class Watcher {
  readonly #connection: Connection
  readonly #pollMs: number | null
  readonly #listeners = new Set<Listener>()
  #timer: NodeJS.Timeout | null = null
  #version = 0

  /** @param pollMs Milliseconds between looks; null for a database that no other process can see. */
  constructor(connection: Connection, pollMs: number | null) {
    this.#connection = connection
    this.#pollMs = pollMs
  }

  watch(listener: Listener): () => void {
    // Each call is a listener of its own, also with a function that listens already.
    const own: Listener = (change) => listener(change)
    this.#listeners.add(own)
    this.#look()
    return () => {
      this.#listeners.delete(own)
      if (this.#listeners.size === 0) this.#rest()
    }
  }

  /** Runs that a commit of this process changed, with their last sequences. */
  committed(changed: ReadonlyMap<string, number>): void {
    if (this.#listeners.size === 0 || changed.size === 0) return
    queueMicrotask(() => {
      for (const [runId, sequence] of changed) this.#tell({ runId, sequence })
    })
  }

  close(): void {
    this.#rest()
    this.#listeners.clear()
  }

  #look(): void {
    if (this.#pollMs === null || this.#timer !== null) return
    this.#version = this.#dataVersion()
    this.#timer = setInterval(() => this.#compare(), this.#pollMs).unref()
  }

  #compare(): void {
    const version = this.#dataVersion()
    if (version === this.#version) return
    this.#version = version
    this.#tell({ runId: null, sequence: 0 })
  }

  #dataVersion(): number {
    try {
      return this.#connection.get<{ data_version: number }>('pragma data_version')?.data_version ?? 0
    } catch {
      // The store is in trouble: whoever writes next hears of it, and the next look may work again.
      return this.#version
    }
  }

  #rest(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  #tell(change: StoreChange): void {
    for (const listener of this.#listeners) {
      try {
        listener(change)
      } catch (error) {
        // A listener's own mistake must neither hide the change from the others nor look like a failed write.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
