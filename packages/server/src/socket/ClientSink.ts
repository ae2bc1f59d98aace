import type { WebSocket } from 'ws'
import type { Sink } from './Feed.ts'

/** Bytes that may wait for a client before nothing more is read for it. */
const ROOM_BYTES = 256 * 1024

/** A client's socket as a sink: what it does not read stays in the store, not in this process. */
export class ClientSink implements Sink {
  readonly #socket: WebSocket

  constructor(socket: WebSocket) {
    this.#socket = socket
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }

  get isFull(): boolean {
    return this.#socket.bufferedAmount > ROOM_BYTES
  }

  send(text: string): Promise<void> {
    if (!this.isOpen) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    // Called when the system has taken the bytes, or when the socket is closed.
    this.#socket.send(text, () => resolve())
    return this.isFull ? promise : Promise.resolve()
  }
}
