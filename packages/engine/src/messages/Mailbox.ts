import { journalEvent } from '@holdfast/workflow-sdk/journal'
import type { Execution } from '../execution/Execution.ts'
import type { PersonsMessage } from './Conversation.ts'

/** An agent that works and can be told something. */
export interface Listener {
  readonly stepKey: string
  /** Called when there is something for it; {@link Mailbox.take} gives it. */
  readonly onMail: () => void
}

/**
 * Hands messages of people to the agents of a run. Which messages wait is the journal's ({@link Conversation}); only
 * which agent is being told one right now stands in memory, so a crash tells it again.
 */
export class Mailbox {
  readonly #x: Execution
  /** By step, in the order in which they began. */
  readonly #listeners = new Map<string, Listener>()
  /** On their way to an agent, or arrived. */
  readonly #taken = new Set<number>()
  /** Shown to have reached an agent, though the journal may not say so yet. */
  readonly #arrived = new Set<number>()
  #opened: Promise<void> | null = null

  constructor(x: Execution) {
    this.#x = x
  }

  /**
   * Makes sure, before an agent begins, that the run has a session in which what was asked for stands: the one it was
   * started in, else one of its own, named by the run's id.
   */
  openConversation(agentName: string): Promise<void> {
    return (this.#opened ??= this.#open(agentName))
  }

  async #open(agentName: string): Promise<void> {
    const { index, journal, deps, facts, runId } = this.#x
    const { conversation, created } = index
    const projectId = facts.project.id
    const sessionId =
      conversation.sessionId ??
      (await journal.persist(() => deps.store.ensureSession({ projectId, name: runId, agentName }))).id
    if (conversation.hasStart) return
    journal.add(
      journalEvent('message.added', {
        sessionId,
        role: 'user',
        text: created?.taskInput ?? '',
        messageType: 'workflow_start',
        by: created?.userId ?? null,
      }),
    )
  }

  /** An agent begins to listen: it is called for what waits already too. Answers how it ends. */
  enter(listener: Listener): () => void {
    this.#listeners.delete(listener.stepKey)
    this.#listeners.set(listener.stepKey, listener)
    this.look()
    return () => {
      if (this.#listeners.get(listener.stepKey) === listener) this.#listeners.delete(listener.stepKey)
    }
  }

  /** Something came, or somebody else has to be told. */
  look(): void {
    const called = new Set<Listener>()
    for (const message of this.#x.index.conversation.queued) {
      const listener = this.#listenerFor(message)
      if (listener !== undefined) called.add(listener)
    }
    for (const listener of called) listener.onMail()
  }

  /** What the agent of a step is to be told now, oldest first; nobody else is told the same until it is released. */
  take(stepKey: string): PersonsMessage[] {
    const mine = [...this.#x.index.conversation.queued].filter((message) => this.#isFor(message, stepKey))
    for (const { sequence } of mine) this.#taken.add(sequence)
    return mine
  }

  /** What of these no agent was shown to have waits again. */
  release(messages: Iterable<number>): void {
    for (const sequence of messages) if (!this.#arrived.has(sequence)) this.#taken.delete(sequence)
  }

  /** The agent of a step has messages: durable as soon as it can be. */
  delivered(
    stepKey: string,
    messages: readonly number[],
    how: 'live' | 'prompt',
    sessionId: string | null,
  ): void {
    if (messages.length === 0) return
    for (const sequence of messages) this.#arrived.add(sequence)
    this.#x.write(journalEvent('message.delivered', { messages, stepKey, sessionId, how }))
  }

  /** A message without a step is for the agent that began last of those that listen. */
  #listenerFor({ sequence, stepKey }: PersonsMessage): Listener | undefined {
    if (this.#taken.has(sequence)) return undefined
    return stepKey === null ? [...this.#listeners.values()].at(-1) : this.#listeners.get(stepKey)
  }

  #isFor({ sequence, stepKey: addressed }: PersonsMessage, stepKey: string): boolean {
    if (this.#taken.has(sequence)) return false
    if (addressed !== null) return addressed === stepKey
    const last = [...this.#listeners.keys()].at(-1)
    return last === undefined || last === stepKey || !this.#listeners.has(stepKey)
  }
}
