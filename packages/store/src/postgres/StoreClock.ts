/**
 * The clock of a store. Without a clock that was handed in, the database's counts: its time stands in every
 * row, so that hosts whose clocks differ agree on leases and due times. Times that workers give and are given
 * are theirs; what is between the two is measured with each transaction.
 */
export class StoreClock {
  readonly #given: (() => number) | null
  #aheadMs = 0

  constructor(given: (() => number) | undefined) {
    this.#given = given ?? null
  }

  /** Milliseconds since 1970 as this process sees it. */
  local(): number {
    return this.#given === null ? Date.now() : this.#given()
  }

  /** The time of a transaction, from an answer with the database's time to what was sent at `sentAt`. */
  observe(databaseNow: string, sentAt: number): { readonly timestamp: string } {
    if (this.#given !== null) return { timestamp: new Date(this.#given()).toISOString() }
    this.#aheadMs = Date.parse(databaseNow) - (sentAt + Date.now()) / 2
    return { timestamp: databaseNow }
  }

  /** Whether the database's clock counts. */
  get isDatabase(): boolean {
    return this.#given === null
  }

  /** A time of this process on the database's clock. */
  toDatabase(iso: string): string {
    return this.#moved(iso, this.#aheadMs)
  }

  /** A time of the database on this process' clock. */
  toLocal(iso: string): string {
    return this.#moved(iso, -this.#aheadMs)
  }

  #moved(iso: string, byMs: number): string {
    return this.#given === null ? new Date(Math.round(Date.parse(iso) + byMs)).toISOString() : iso
  }
}
