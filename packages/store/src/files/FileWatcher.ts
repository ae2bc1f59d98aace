import type { FSWatcher } from 'node:fs'
import type { StoreChange } from '../contract/index.ts'
import { readIfThere } from './io.ts'
import { watchIfPossible } from './watchIfPossible.ts'
import type { Layout } from './layout.ts'

type Listener = (change: StoreChange) => void

/**
 * Tells listeners of commits: of this process right after the commit, of others when the number in `commits`
 * changes, which the system tells of; a slow look from time to time makes up for what it forgets. It looks only
 * while somebody listens.
 */
export class FileWatcher {
  readonly #layout: Layout
  readonly #pollMs: number
  readonly #isHeld: () => boolean
  readonly #listeners = new Set<Listener>()
  #timer: NodeJS.Timeout | null = null
  #watcher: FSWatcher | null = null
  #seen = ''

  /** @param isHeld Whether this process makes all commits, so that there are no others to look for. */
  constructor(layout: Layout, pollMs: number, isHeld: () => boolean) {
    this.#layout = layout
    this.#pollMs = pollMs
    this.#isHeld = isHeld
  }

  watch(listener: Listener): () => void {
    // Each call is a listener of its own, also with a function that listens already.
    const own: Listener = (change) => listener(change)
    this.#listeners.add(own)
    this.#begin()
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

  #begin(): void {
    if (this.#timer !== null) return
    this.#seen = this.#number()
    this.#timer = setInterval(() => this.#compare(), this.#pollMs).unref()
    this.#watcher =
      watchIfPossible(this.#layout.own, (name) => {
        if (name === null || name === 'commits') this.#compare()
      })?.unref() ?? null
  }

  #compare(): void {
    const seen = this.#number()
    if (seen === this.#seen) return
    this.#seen = seen
    if (!this.#isHeld()) this.#tell({ runId: null, sequence: 0 })
  }

  #number(): string {
    try {
      return readIfThere(this.#layout.commits)?.toString('latin1') ?? ''
    } catch {
      // The store is in trouble: whoever writes next hears of it, and the next look may work again.
      return this.#seen
    }
  }

  #rest(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    this.#watcher?.close()
    this.#watcher = null
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
