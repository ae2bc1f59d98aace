import { number, object, text, type Fields } from '../programs/fields.ts'

/** What a connection is made of. */
export interface ConnectionEnds {
  /** Sends one message; resolves when it is on its way. */
  readonly send: (message: Fields) => Promise<void>
  /** The agent says something. */
  readonly onNotification: (method: string, params: Fields) => void
  /** The agent asks; the answer is sent back. `undefined`: the method is not known. */
  readonly onRequest: (method: string, params: Fields) => Fields | undefined
  /** What went wrong while an answer was sent. */
  readonly onError: (error: unknown) => void
}

/** The agent answered with an error of JSON-RPC. */
export class RpcError extends Error {
  /** A number of JSON-RPC, of the protocol, or the status of a provider. */
  readonly code: number | null
  /** What else the agent said, as JSON. */
  readonly data: string

  constructor(error: Fields) {
    super(text(error['message']) ?? 'an error without a message')
    this.code = number(error['code'])
    this.data = error['data'] === undefined ? '' : JSON.stringify(error['data'])
  }
}

const METHOD_NOT_FOUND = -32_601

/**
 * JSON-RPC 2.0 over lines, as the Agent Client Protocol uses it over standard input and output. Knows
 * nothing of what the methods mean.
 */
export class Connection {
  readonly #ends: ConnectionEnds
  readonly #pending = new Map<number, PromiseWithResolvers<Fields>>()
  #lastId = 0
  #closed: Error | null = null

  constructor(ends: ConnectionEnds) {
    this.#ends = ends
  }

  /** Asks the agent. @throws RpcError, or what {@link Connection.close} was called with. */
  async call(method: string, params: Fields): Promise<Fields> {
    if (this.#closed !== null) throw this.#closed
    const id = (this.#lastId += 1)
    const answer = Promise.withResolvers<Fields>()
    this.#pending.set(id, answer)
    const [, result] = await Promise.all([
      this.#ends.send({ jsonrpc: '2.0', id, method, params }),
      answer.promise,
    ])
    return result
  }

  /** Tells the agent something. */
  async notify(method: string, params: Fields): Promise<void> {
    await this.#ends.send({ jsonrpc: '2.0', method, params })
  }

  /** Takes one line of the agent; false when it is no message. */
  accept(line: string): boolean {
    const message = parse(line)
    if (message === null) return false
    const method = text(message['method'])
    const id = message['id']
    if (method === null) return this.#settle(message)
    const params = object(message['params']) ?? {}
    if (id === undefined || id === null) this.#ends.onNotification(method, params)
    else this.#answer(id, method, params)
    return true
  }

  /** No answer comes any more. */
  close(reason: Error): void {
    this.#closed ??= reason
    for (const { reject } of this.#pending.values()) reject(reason)
    this.#pending.clear()
  }

  #settle(message: Fields): boolean {
    const id = number(message['id'])
    const waiting = id === null ? undefined : this.#pending.get(id)
    if (id === null || waiting === undefined) return false
    this.#pending.delete(id)
    const error = object(message['error'])
    if (error === null) waiting.resolve(object(message['result']) ?? {})
    else waiting.reject(new RpcError(error))
    return true
  }

  #answer(id: unknown, method: string, params: Fields): void {
    const result = this.#ends.onRequest(method, params)
    const body =
      result === undefined
        ? { error: { code: METHOD_NOT_FOUND, message: `Holdfast has no method ${method}` } }
        : { result }
    this.#ends.send({ jsonrpc: '2.0', id, ...body }).catch(this.#ends.onError)
  }
}

function parse(line: string): Fields | null {
  try {
    return object(JSON.parse(line))
  } catch {
    return null
  }
}
