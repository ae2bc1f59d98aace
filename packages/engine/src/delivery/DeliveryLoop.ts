import { Heap } from './Heap.ts'

/** A result that the code has asked for and that is durable. */
export interface Delivery {
  readonly sequence: number
  /** ISO time of its event: what `ctx.now()` says afterwards. */
  readonly timestamp: string
  /** Settles the promise. A promise holds the loop until the value is there (blobs). */
  deliver(): void | Promise<void>
}

/** Live work that waits until the code is quiescent. */
export interface Staged {
  readonly start: () => void
  dropped: boolean
}

/**
 * The one delivery loop, live and in replay (R2).
 *
 * - L1 Results are delivered one at a time, lowest sequence first among those asked for.
 * - L2 Between two deliveries microtasks and one macrotask turn are drained.
 * - L3 Live work starts only when nothing is left to deliver and the code is quiescent.
 * - L4 Once closed, nothing is delivered or started.
 */
export class DeliveryLoop {
  readonly #waiting = new Heap<Delivery>((a, b) => a.sequence - b.sequence)
  #staged: Staged[] = []
  #scheduled = false
  #holding = false
  #turnOpen = false
  #closed = false
  #paused = false
  #time: string
  #sequence = 0
  readonly #onQuiescent: () => void

  /** @param onQuiescent Called when everything is delivered and started, each time anew. */
  constructor(time: string, onQuiescent: () => void) {
    this.#time = time
    this.#onQuiescent = onQuiescent
  }

  /** Time of the last delivered result, ISO. */
  get time(): string {
    return this.#time
  }

  /** Sequence of the last delivered result; 0 before the first. */
  get sequence(): number {
    return this.#sequence
  }

  /** Whether code runs that a delivery has set in motion, and not something from outside (R3). */
  get inTurn(): boolean {
    return this.#turnOpen
  }

  /** Whether nothing is waiting to be delivered or started. */
  get quiescent(): boolean {
    return (
      !this.#turnOpen &&
      !this.#scheduled &&
      !this.#holding &&
      this.#waiting.size === 0 &&
      this.#staged.length === 0
    )
  }

  /** Runs the first piece of code as a turn. */
  begin(first: () => void): void {
    this.#turnOpen = true
    first()
    this.#schedule()
  }

  /** Queues a result that was asked for (L1). */
  offer(delivery: Delivery): void {
    if (this.#closed) return
    this.#waiting.push(delivery)
    this.#schedule()
  }

  /** Queues live work (L3). Setting `dropped` on the answer withdraws it. */
  stage(start: () => void): Staged {
    const staged: Staged = { start, dropped: false }
    if (!this.#closed) {
      this.#staged.push(staged)
      this.#schedule()
    }
    return staged
  }

  /** Delivers and starts nothing until {@link resume}. */
  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    if (this.#waiting.size > 0 || this.#staged.length > 0) this.#schedule()
  }

  /** Ends the loop (L4). */
  close(): void {
    this.#closed = true
    this.#staged = []
  }

  #schedule(): void {
    if (this.#scheduled || this.#holding || this.#closed) return
    this.#scheduled = true
    setImmediate(this.#turn)
  }

  readonly #turn = (): void => {
    this.#scheduled = false
    this.#turnOpen = false
    if (this.#closed || this.#paused) return
    const next = this.#waiting.pop()
    if (next !== undefined) {
      this.#deliver(next)
    } else if (this.#staged.length > 0) {
      const batch = this.#staged
      this.#staged = []
      this.#turnOpen = true
      for (const staged of batch) if (!staged.dropped && !this.#closed) staged.start()
      this.#schedule()
    } else {
      this.#onQuiescent()
    }
  }

  #deliver(next: Delivery): void {
    this.#time = next.timestamp
    this.#sequence = next.sequence
    this.#turnOpen = true
    const held = next.deliver()
    if (held === undefined) {
      this.#schedule()
      return
    }
    this.#turnOpen = false
    this.#holding = true
    held.then(this.#release, this.#release)
  }

  readonly #release = (): void => {
    this.#holding = false
    this.#turnOpen = true
    this.#schedule()
  }
}
