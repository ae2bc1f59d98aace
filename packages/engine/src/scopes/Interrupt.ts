/** Where an AbortSignal is to be had; it may be made only when somebody asks. */
export interface SignalSource {
  readonly signal: AbortSignal
}

/**
 * Ends an attempt, as an AbortController does. Its signal is made when it is first asked for: most steps never
 * look at theirs, and a controller with a listener is one of the dearer things in a step.
 */
export class Interrupt implements SignalSource {
  #controller: AbortController | null = null
  #why: { readonly reason: unknown } | null = null
  #onAbort: (() => void) | null = null

  get aborted(): boolean {
    return this.#why !== null
  }

  /** What {@link abort} was called with; undefined before. */
  get reason(): unknown {
    return this.#why?.reason
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController()
      if (this.#why !== null) this.#controller.abort(this.#why.reason)
    }
    return this.#controller.signal
  }

  /** The first call counts. */
  abort(reason: unknown): void {
    if (this.#why !== null) return
    this.#why = { reason }
    this.#controller?.abort(reason)
    this.#onAbort?.()
  }

  /** Calls `fn` at the abort, after the listeners of the signal; one at a time, null takes it away. */
  set onAbort(fn: (() => void) | null) {
    this.#onAbort = fn
  }
}

/** A signal that aborts with the first of two; made when it is first asked for. */
export function eitherOf(one: SignalSource, other: SignalSource): SignalSource {
  let signal: AbortSignal | null = null
  return {
    get signal() {
      return (signal ??= AbortSignal.any([one.signal, other.signal]))
    },
  }
}
