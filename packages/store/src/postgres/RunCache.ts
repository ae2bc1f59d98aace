import type { RunFold } from '../projection/RunFold.ts'

/**
 * Folds of runs that this process owns, for the next batch. One is used again only while its owner and last
 * sequence are those of the row, which the batch has locked: while a run is owned, every change by another
 * process changes one of them. Runs without owner are forgotten, so that parked runs cost no memory.
 */
export class RunCache {
  readonly #limit: number
  readonly #runs = new Map<string, RunFold>()

  constructor(limit = 4000) {
    this.#limit = limit
  }

  get(runId: string): RunFold | undefined {
    return this.#runs.get(runId)
  }

  /** Remembers a run after its transaction, if somebody owns it. */
  keep(fold: RunFold): void {
    const { id, owner_token } = fold.run
    this.#runs.delete(id)
    if (owner_token === null) return
    this.#runs.set(id, fold)
    for (const oldest of this.#runs.keys()) {
      if (this.#runs.size <= this.#limit) break
      this.#runs.delete(oldest)
    }
  }

  forget(runId: string): void {
    this.#runs.delete(runId)
  }
}
