import { randomUUID } from 'node:crypto'
import type { Writable } from 'node:stream'
import type { AgentInbox } from '@holdfast/workflow-sdk/ports'

/**
 * Standard input of a process that is steered (`--input-format stream-json`): the prompt first, then what people
 * write. With `--replay-user-messages` the program repeats each message at the moment at which its conversation takes
 * it up; until then it only waits in the program, and goes with it. It counts as delivered when the model begins to answer
 * it, because the program writes its session with a delay.
 */
export class ClaudeInput {
  readonly #inbox: AgentInbox
  readonly #onDelivered: (id: string) => void
  /** Written and not repeated yet, oldest first; null: the prompt. */
  readonly #waiting: { readonly uuid: string; readonly id: string | null }[] = []
  /** Taken up, and the model has not begun to answer. */
  readonly #takenUp: string[] = []
  #stdin: Writable | null = null

  constructor(inbox: AgentInbox, onDelivered: (id: string) => void) {
    this.#inbox = inbox
    this.#onDelivered = onDelivered
  }

  /** The process has begun. */
  open(stdin: Writable, prompt: string): void {
    this.#stdin = stdin
    this.#write(null, prompt)
    this.#inbox.open(({ id, text }) => this.#write(id, text))
  }

  /** The program repeated a message. */
  repeated(uuid: string | null): void {
    const at = this.#waiting.findIndex((message) => message.uuid === uuid)
    // One that does not keep our id repeats in the order in which they came.
    const [message] = this.#waiting.splice(Math.max(0, at), 1)
    if (message !== undefined && message.id !== null) this.#takenUp.push(message.id)
  }

  /** The model answers what the conversation holds. */
  answering(): void {
    for (const id of this.#takenUp.splice(0)) this.#onDelivered(id)
  }

  /** A turn ended. Unless it was the prompt's and more was written, there is nothing more to say. */
  turnEnded(failed: boolean): void {
    if (failed || this.#waiting.length === 0) this.close()
  }

  close(): void {
    this.#inbox.close()
    this.#stdin?.end()
    this.#stdin = null
  }

  #write(id: string | null, content: string): void {
    const uuid = randomUUID()
    this.#waiting.push({ uuid, id })
    this.#stdin?.write(`${JSON.stringify({ type: 'user', uuid, message: { role: 'user', content } })}\n`)
  }
}
