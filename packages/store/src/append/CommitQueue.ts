/** One write that waits for the next transaction. */
export interface CommitJob<T = unknown> {
  /** Runs inside the transaction. What it throws before it changed anything fails this job alone. */
  readonly run: () => T
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
  /** How much it writes, in characters, as far as that is known beforehand. */
  readonly length: number
}

/** What {@link CommitQueue} takes. */
export interface CommitQueueOptions {
  /** Writes all jobs in one transaction and settles each; the next begins when it is over. Never fails. */
  readonly commit: (jobs: readonly CommitJob[]) => void | Promise<void>
  /** Most jobs in one transaction, so that the event loop is not held for long. */
  readonly maxBatch: number
  /** Most characters in one transaction, where it is a matter of them; a longer job goes alone. */
  readonly maxBatchLength?: number
  /** Most jobs that wait; more are taken only when there is room again. */
  readonly maxWaiting: number
}

/**
 * Group commit (J3): every write that waits at the same moment goes into one transaction with one `fsync`.
 *
 * - Q1 Jobs are committed in the order in which they were submitted.
 * - Q2 At most `maxWaiting` jobs are held; a caller beyond that waits before its job is taken.
 */
export class CommitQueue {
  readonly #options: CommitQueueOptions
  readonly #waiting: CommitJob[] = []
  readonly #gate: (() => void)[] = []
  #scheduled = false
  #committing = false
  /** Resolves when nobody holds the queue. */
  #held: Promise<void> | null = null
  readonly #idle: (() => void)[] = []
  /** Called when the transaction that is under way is over. */
  readonly #committed: (() => void)[] = []

  constructor(options: CommitQueueOptions) {
    this.#options = options
  }

  /** Jobs that wait for their transaction now. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Resolves with what `run` answers, when it is durable. */
  submit<T>(run: () => T, length = 0): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const job = { run, resolve, reject, length } as CommitJob
      if (this.#waiting.length < this.#options.maxWaiting && this.#gate.length === 0) this.#take(job)
      else this.#gate.push(() => this.#take(job))
    })
  }

  /** Keeps jobs waiting until the answer is called, one holder at a time. No transaction is under way meanwhile. */
  async hold(): Promise<() => void> {
    while (this.#held !== null) await this.#held
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#held = promise
    while (this.#committing) await new Promise<void>((committed) => this.#committed.push(committed))
    return () => {
      this.#held = null
      resolve()
      if (this.#waiting.length > 0) this.#schedule()
    }
  }

  /** Resolves when everything that was submitted is settled and nobody holds the queue. */
  async drained(): Promise<void> {
    while (this.#held !== null) await this.#held
    if (this.#waiting.length === 0 && this.#gate.length === 0 && !this.#committing) return
    await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  #take(job: CommitJob): void {
    this.#waiting.push(job)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled || this.#committing || this.#held !== null) return
    this.#scheduled = true
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    this.#scheduled = false
    if (this.#held !== null) return
    const jobs = this.#waiting.splice(0, this.#countOfNext())
    const commit = this.#options.commit(jobs)
    if (commit === undefined) {
      this.#goOn()
      return
    }
    this.#committing = true
    void commit.then(() => {
      this.#committing = false
      for (const committed of this.#committed.splice(0)) committed()
      this.#goOn()
    })
  }

  /** How many of the jobs that wait go into the next transaction: one at least. */
  #countOfNext(): number {
    const { maxBatch, maxBatchLength = Infinity } = this.#options
    let length = 0
    for (let count = 0; count < Math.min(maxBatch, this.#waiting.length); count++) {
      length += this.#waiting[count]?.length ?? 0
      if (length > maxBatchLength) return Math.max(1, count)
    }
    return maxBatch
  }

  #goOn(): void {
    while (this.#gate.length > 0 && this.#waiting.length < this.#options.maxWaiting) this.#gate.shift()?.()
    if (this.#waiting.length > 0) {
      this.#schedule()
      return
    }
    for (const resolve of this.#idle.splice(0)) resolve()
  }
}
