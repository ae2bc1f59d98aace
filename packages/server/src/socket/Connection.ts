import { clientFrame, TOPICS, type ClientFrame, type ControlMessage, type Topic } from '@holdfast/api'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { WebSocket } from 'ws'
import type { Context } from '../http/Context.ts'
import { asRefusal } from '../http/refusals.ts'
import { ClientSink } from './ClientSink.ts'
import { BEGINNING, fromCursor } from './cursor.ts'
import { Feed } from './Feed.ts'
import type { Hub } from './Hub.ts'
import { RunReader } from './RunReader.ts'

type Target = { readonly executionId?: string }

/** More subscriptions than a client of one connection needs. */
const MAX_SUBSCRIPTIONS = 1000

/** One client: its subscriptions, and what it asks for. Frames are taken one after the other. */
export class Connection {
  readonly #context: Context
  readonly #hub: Hub
  readonly #owner: string
  readonly #sink: ClientSink
  readonly #subscriptions = new Map<string, () => void>()
  #queue: Promise<void> = Promise.resolve()

  /** Takes frames of the socket until it is closed. */
  static open(socket: WebSocket, context: Context, hub: Hub, owner: string): Connection {
    return new Connection(socket, context, hub, owner)
  }

  private constructor(socket: WebSocket, context: Context, hub: Hub, owner: string) {
    this.#context = context
    this.#hub = hub
    this.#owner = owner
    this.#sink = new ClientSink(socket)
    socket.on('message', (bytes: Buffer, isBinary) => {
      this.#queue = this.#queue.then(() => this.#take(isBinary ? null : bytes.toString()))
    })
    socket.on('close', () => this.#close())
    // `close` follows.
    socket.on('error', () => {})
  }

  async #take(text: string | null): Promise<void> {
    let target: Target = {}
    try {
      const frame = parseFrame(text)
      target = { executionId: frame.executionId }
      await this.#do(frame)
    } catch (error) {
      await this.#tellError(error, target)
    }
  }

  async #do(frame: ClientFrame): Promise<void> {
    switch (frame.type) {
      case 'workflow:subscribe':
        return await this.#subscribe(frame)
      case 'workflow:unsubscribe':
        this.#end(frame.executionId)
        return await this.#tell({ type: 'workflow:unsubscribed', executionId: frame.executionId })
      case 'workflow:cancel':
        await this.#context.holdfast.engine.cancel(frame.executionId, { by: this.#owner })
    }
  }

  async #subscribe(frame: ClientFrame & { readonly type: 'workflow:subscribe' }): Promise<void> {
    const runId = frame.executionId
    const { store } = this.#context.holdfast
    await store.getWorkflowRun(runId)
    if (!this.#subscriptions.has(runId) && this.#subscriptions.size >= MAX_SUBSCRIPTIONS)
      throw new WorkflowError(
        'REQUEST_INVALID',
        `A connection has at most ${MAX_SUBSCRIPTIONS} subscriptions. Open another one, or subscribe to less.`,
      )
    const position =
      frame.after === undefined ? { ...BEGINNING, s: frame.afterSequence ?? 0 } : fromCursor(frame.after)
    const topics = new Set<Topic>(frame.topics ?? TOPICS)
    const reader = new RunReader(store, runId, position, topics)
    // The same again begins anew: nothing of the old one comes in between.
    this.#end(runId)
    await this.#tell({ type: 'workflow:subscribed', executionId: runId, cursor: reader.cursor })
    if (!this.#sink.isOpen) return
    const source = {
      target: { executionId: runId },
      get cursor() {
        return reader.cursor
      },
      next: () => reader.next(),
    }
    const feed = new Feed(source, this.#sink, (error) => {
      this.#end(runId)
      void this.#tellError(error, { executionId: runId })
    })
    this.#subscriptions.set(runId, this.#hub.addRun(feed, reader))
  }

  #end(runId: string): void {
    this.#subscriptions.get(runId)?.()
    this.#subscriptions.delete(runId)
  }

  async #tell(message: ControlMessage): Promise<void> {
    await this.#sink.send(JSON.stringify(message))
  }

  async #tellError(error: unknown, target: Target): Promise<void> {
    const { code, message, details } = asRefusal(error)
    if (code === 'INTERNAL') this.#context.log.error({ err: error }, 'A WebSocket request failed')
    await this.#tell({
      type: 'workflow:error',
      ...target,
      error: { code, message, details: JSON.parse(JSON.stringify(details)) as Record<string, never> },
    })
  }

  #close(): void {
    for (const end of this.#subscriptions.values()) end()
    this.#subscriptions.clear()
  }
}

/** @throws WorkflowError `REQUEST_INVALID`. */
function parseFrame(text: string | null): ClientFrame {
  let given: unknown
  try {
    given = JSON.parse(text ?? '')
  } catch (error) {
    throw new WorkflowError(
      'REQUEST_INVALID',
      'A frame is a text of JSON such as {"type":"workflow:subscribe","executionId":"…"}.',
      {
        cause: error,
      },
    )
  }
  const result = clientFrame.safeParse(given)
  if (!result.success) {
    const issues = result.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }))
    const list = issues.map(({ field, message }) => `${field}: ${message}`).join('; ')
    throw new WorkflowError('REQUEST_INVALID', `The frame does not fit: ${list}.`, { details: { issues } })
  }
  return result.data
}
