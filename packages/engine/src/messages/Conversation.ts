import type { JournalEvent } from '@holdfast/workflow-sdk'
import type { EventOf } from '@holdfast/workflow-sdk/journal'

/** A message of a person to an agent. */
export interface PersonsMessage {
  /** Of its `message.added`. */
  readonly sequence: number
  readonly text: string
  readonly by: string | null
  /** The step that it is for; null: whichever agent works. */
  readonly stepKey: string | null
}

/** What the journal says of the conversation of a run: which messages no agent has yet, and which has which. */
export class Conversation {
  /** Session that the run belongs to; null while it belongs to none. */
  sessionId: string | null = null
  /** Whether what was asked for stands in it. */
  hasStart = false
  readonly #queued = new Map<number, PersonsMessage>()
  /** By step, in the order in which its agents had them. */
  readonly #delivered = new Map<string, PersonsMessage[]>()
  readonly #unanswered = new Map<string, number[]>()

  /** Messages that no agent has yet, oldest first. */
  get queued(): Iterable<PersonsMessage> {
    return this.#queued.values()
  }

  /** What agents of a step were told, oldest first. */
  toldTo(stepKey: string): readonly PersonsMessage[] {
    return this.#delivered.get(stepKey) ?? []
  }

  /** Sequences of messages that the agent of a step has and whose turn has not ended. */
  unansweredBy(stepKey: string): readonly number[] {
    return this.#unanswered.get(stepKey) ?? []
  }

  /** @param throughSequence Events up to it were taken over from another run. */
  apply(event: JournalEvent, throughSequence: number): void {
    switch (event.type) {
      case 'run.created':
        this.sessionId = event.payload.sessionId
        return
      case 'message.added':
        this.sessionId ??= event.payload.sessionId
        if (event.payload.messageType === 'workflow_start') this.hasStart = true
        if (event.sequence > throughSequence) this.#added(event)
        return
      case 'message.delivered':
        return this.#deliver(event)
      case 'message.answered': {
        const { stepKey, messages } = event.payload
        const rest = this.unansweredBy(stepKey).filter((sequence) => !messages.includes(sequence))
        this.#unanswered.set(stepKey, rest)
        return
      }
      default:
    }
  }

  #added({ sequence, payload }: EventOf<'message.added'>): void {
    const { role, messageType, text, by, stepKey } = payload
    if (role !== 'user' || messageType !== 'intervention') return
    this.#queued.set(sequence, { sequence, text, by, stepKey: stepKey ?? null })
  }

  #deliver({ payload: { stepKey, messages } }: EventOf<'message.delivered'>): void {
    for (const sequence of messages) {
      const message = this.#queued.get(sequence)
      if (message === undefined) continue
      this.#queued.delete(sequence)
      this.#delivered.set(stepKey, [...this.toldTo(stepKey), message])
      this.#unanswered.set(stepKey, [...this.unansweredBy(stepKey), sequence])
    }
  }
}
