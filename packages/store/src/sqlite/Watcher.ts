import type { WorkflowError } from '@holdfast/workflow-sdk'
import { Listeners } from '../watch/Listeners.ts'
import type { Connection } from './Connection.ts'
import type { StoreFiles } from './StoreFiles.ts'

/**
 * Tells listeners of commits: of this process right after the commit, of others by looking at SQLite's
 * `data_version`, which changes when another connection commits. It looks only while somebody listens.
 */
export class Watcher {
  readonly #connection: Connection
  readonly #files: StoreFiles
  readonly #pollMs: number | null
  readonly #listeners = new Listeners()
  #timer: NodeJS.Timeout | null = null
  #version = 0

  /** @param pollMs Milliseconds between looks; null for a database that no other process can see. */
  constructor(connection: Connection, files: StoreFiles, pollMs: number | null) {
    this.#connection = connection
    this.#files = files
    this.#pollMs = pollMs
  }

  watch(...listener: Parameters<Listeners['add']>): () => void {
    const remove = this.#listeners.add(...listener)
    this.#look()
    return () => {
      remove()
      if (this.#listeners.size === 0) this.#rest()
    }
  }

  /** Runs that a commit of this process changed, with their last sequences. */
  committed(changed: ReadonlyMap<string, number>): void {
    this.#listeners.tellSoon(changed)
  }

  /** Tells everybody why nothing will be told any more. */
  end(reason: WorkflowError): void {
    this.#rest()
    this.#listeners.end(reason)
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
    this.#listeners.tell({ runId: null, sequence: 0 })
  }

  #dataVersion(): number {
    try {
      this.#files.look()
      return this.#connection.get<{ data_version: number }>('pragma data_version')?.data_version ?? 0
    } catch (error) {
      // Trouble that passes: whoever writes next hears of it, and the next look may work again.
      this.#files.explain(error)
      return this.#version
    }
  }

  #rest(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }
}
