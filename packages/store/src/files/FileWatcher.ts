import type { FSWatcher } from 'node:fs'
import type { WorkflowError } from '@holdfast/workflow-sdk'
import { Listeners } from '../watch/Listeners.ts'
import { readIfThere } from './io.ts'
import { watchIfPossible } from './watchIfPossible.ts'
import type { Layout } from './layout.ts'

/**
 * Tells listeners of commits: of this process right after the commit, of others when the number in `commits`
 * changes, which the system tells of; a slow look from time to time makes up for what it forgets. It looks only
 * while somebody listens.
 */
export class FileWatcher {
  readonly #layout: Layout
  readonly #pollMs: number
  readonly #isHeld: () => boolean
  readonly #listeners = new Listeners()
  #timer: NodeJS.Timeout | null = null
  #watcher: FSWatcher | null = null
  #seen = ''

  /** @param isHeld Whether this process makes all commits, so that there are no others to look for. */
  constructor(layout: Layout, pollMs: number, isHeld: () => boolean) {
    this.#layout = layout
    this.#pollMs = pollMs
    this.#isHeld = isHeld
  }

  watch(...listener: Parameters<Listeners['add']>): () => void {
    const remove = this.#listeners.add(...listener)
    this.#begin()
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
    if (!this.#isHeld()) this.#listeners.tell({ runId: null, sequence: 0 })
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
}
