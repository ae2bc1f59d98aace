import type { ControlMessage, RunMessage } from '@holdfast/api'

/** What a feed reads from. */
export interface Source {
  /** Names the subscription in what is said about it. */
  readonly target: { readonly executionId: string }
  readonly cursor: string
  next(): Promise<readonly RunMessage[]>
}

/** Where a feed sends to. */
export interface Sink {
  readonly isOpen: boolean
  /** Hands a text to the client; resolves once there is room for another one. */
  send(text: string): Promise<void>
  /** Whether there is no room at the moment. */
  readonly isFull: boolean
}

/**
 * Brings a client up to date whenever it is woken, from the store: at most one batch is in memory, however far the
 * client is behind. A cursor of a message is that of a client which has received it.
 */
export class Feed {
  readonly source: Source
  readonly #sink: Sink
  readonly #onError: (error: unknown) => void
  #isPumping = false
  #again = false
  #isClosed = false

  constructor(source: Source, sink: Sink, onError: (error: unknown) => void) {
    this.source = source
    this.#sink = sink
    this.#onError = onError
  }

  /** Sends what is new; several calls while it sends are one. */
  wake(): void {
    this.#again = true
    if (!this.#isPumping) void this.#pump()
  }

  close(): void {
    this.#isClosed = true
  }

  async #pump(): Promise<void> {
    this.#isPumping = true
    try {
      while (this.#again && this.#isLive) {
        this.#again = false
        await this.#sendAll()
      }
    } catch (error) {
      this.#isClosed = true
      this.#onError(error)
    } finally {
      this.#isPumping = false
    }
  }

  async #sendAll(): Promise<void> {
    for (let batch = await this.source.next(); batch.length > 0; batch = await this.source.next()) {
      for (const message of batch) {
        if (!this.#isLive) return
        const sent = this.#sink.send(JSON.stringify(message))
        const isSlow = this.#sink.isFull
        await sent
        if (isSlow) await this.#sink.send(JSON.stringify(this.#slow()))
      }
      if (!this.#isLive) return
    }
  }

  #slow(): ControlMessage {
    return { type: 'workflow:slow', ...this.source.target }
  }

  get #isLive(): boolean {
    return this.#sink.isOpen && !this.#isClosed
  }
}
