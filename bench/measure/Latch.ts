/** Opens after a number of hits. */
export class Latch {
  readonly opened: Promise<void>
  #left: number
  #open!: () => void

  constructor(hits: number) {
    this.#left = hits
    this.opened = new Promise((resolve) => (this.#open = resolve))
  }

  hit(): void {
    if (--this.#left === 0) this.#open()
  }
}
