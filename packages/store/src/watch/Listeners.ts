import type { WorkflowError } from '@holdfast/workflow-sdk'
import type { StoreChange } from '../contract/index.ts'

interface Listener {
  readonly onChange: (change: StoreChange) => void
  readonly onEnd: (reason: WorkflowError) => void
}

/** Who listens to a store. What a listener throws is its own business: the others are told all the same. */
export class Listeners {
  readonly #listeners = new Set<Listener>()

  get size(): number {
    return this.#listeners.size
  }

  /** Each call adds a listener of its own, also with a function that listens already. The answer takes it out. */
  add(onChange: Listener['onChange'], onEnd: Listener['onEnd'] = () => {}): () => void {
    const own = { onChange, onEnd }
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  tell(change: StoreChange): void {
    for (const { onChange } of this.#listeners) guarded(() => onChange(change))
  }

  /** Tells of runs that a commit of this process changed, with their last sequences, once its caller is done. */
  tellSoon(changed: ReadonlyMap<string, number>): void {
    if (this.#listeners.size === 0 || changed.size === 0) return
    queueMicrotask(() => {
      for (const [runId, sequence] of changed) this.tell({ runId, sequence })
    })
  }

  /** Tells everybody once that nothing will be told any more, and why. */
  end(reason: WorkflowError): void {
    const listeners = [...this.#listeners]
    this.#listeners.clear()
    for (const { onEnd } of listeners) guarded(() => onEnd(reason))
  }
}

/** A listener's own mistake must neither hide the change from the others nor look like a failed write. */
function guarded(call: () => void): void {
  try {
    call()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
