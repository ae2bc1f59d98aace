import type { Io } from '../io.ts'

/** What a signal asks for: the first Ctrl-C, another one, or a stop from outside. */
export type Interruption = 'first' | 'again' | 'terminate'

/** Counts Ctrl-C, whether it comes as a signal or is typed into a question. */
export class Interruptions {
  readonly #io: Io
  readonly #listener: (what: Interruption) => void
  #count = 0

  constructor(io: Io, listener: (what: Interruption) => void) {
    this.#io = io
    this.#listener = listener
    io.signals.on('SIGINT', this.interrupt)
    io.signals.on('SIGTERM', this.#terminate)
  }

  /** A Ctrl-C. */
  readonly interrupt = (): void => {
    this.#count += 1
    this.#listener(this.#count === 1 ? 'first' : 'again')
  }

  /** The person chose to go on: the next Ctrl-C is a first one. */
  forget(): void {
    this.#count = 0
  }

  stop(): void {
    this.#io.signals.off('SIGINT', this.interrupt)
    this.#io.signals.off('SIGTERM', this.#terminate)
  }

  readonly #terminate = (): void => this.#listener('terminate')
}
