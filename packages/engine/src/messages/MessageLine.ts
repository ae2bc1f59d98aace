import { CancelledError } from '@holdfast/workflow-sdk'
import type { AgentCapabilities, AgentInbox } from '@holdfast/workflow-sdk/ports'
import type { PersonsMessage } from './Conversation.ts'
import type { Mailbox } from './Mailbox.ts'

/** What a line needs to know of a turn. */
interface LineTurn {
  readonly request: { readonly sessionId: string | null }
  readonly messages: readonly PersonsMessage[]
}

/**
 * The messages of one turn of an agent: those in its prompt, and those that come while it works, by which it is
 * steered where it can be, else stopped once it was shown to have its prompt in a session that can be gone on with.
 */
export class MessageLine {
  /** What a steered agent is told by; null for others. */
  readonly inbox: AgentInbox | null
  /** Called when the session is known, and when the agent was shown to have its prompt. */
  onState: () => void = () => {}
  readonly #mailbox: Mailbox
  readonly #stepKey: string
  readonly #canResume: boolean
  readonly #stop = new AbortController()
  #sessionId: string | null
  /** Of the prompt, until the agent was shown to have it. */
  #prompted: readonly PersonsMessage[]
  #isShown = false
  /** Handed to a steered agent and not shown to have reached it. */
  readonly #handed = new Set<number>()
  #isTold = false
  #taken: PersonsMessage[] = []
  #leave: (() => void) | null = null

  constructor(
    mailbox: Mailbox,
    stepKey: string,
    { steer, resume }: Pick<AgentCapabilities, 'steer' | 'resume'>,
    { request, messages }: LineTurn,
  ) {
    this.#mailbox = mailbox
    this.#stepKey = stepKey
    this.#canResume = resume
    this.#sessionId = request.sessionId
    this.#prompted = messages
    this.#isTold = messages.length > 0
    this.inbox = steer ? { open: (hand) => this.#open(hand), close: () => this.end() } : null
  }

  /** The agent's session, once it is known. */
  get sessionId(): string | null {
    return this.#sessionId
  }

  /** Aborts when the agent is stopped to go on with a message. */
  get stop(): AbortSignal {
    return this.#stop.signal
  }

  /** Hands on what the stopped agent goes on with; null when it was not stopped. */
  goOn(): { readonly sessionId: string; readonly messages: readonly PersonsMessage[] } | null {
    if (!this.#stop.signal.aborted || this.#sessionId === null) return null
    const messages = this.#taken
    this.#taken = []
    return { sessionId: this.#sessionId, messages }
  }

  /** Whether the agent was shown to have its prompt. */
  get isShown(): boolean {
    return this.#isShown
  }

  /** Whether the agent has a message of a person in this turn. */
  get isTold(): boolean {
    return this.#isTold
  }

  /** The turn begins: an agent that cannot be steered is stopped by what comes from now on. */
  begin(): void {
    if (this.inbox === null && this.#canResume) this.#listen(() => this.#consider())
  }

  inSession(sessionId: string): void {
    this.#sessionId = sessionId
    this.#consider()
    this.onState()
  }

  /** The agent does something: it has its prompt. */
  shown(): void {
    if (this.#isShown) return
    this.#isShown = true
    this.#tell(this.#prompted, 'prompt')
    this.#prompted = []
    this.#consider()
    this.onState()
  }

  /** The agent has a message that it was handed, by its id. */
  delivered(id: string): void {
    const sequence = Number(id)
    if (!this.#handed.delete(sequence)) return
    this.#isTold = true
    this.#mailbox.delivered(this.#stepKey, [sequence], 'live', this.#sessionId)
  }

  /** No more messages; what the agent was not shown to have waits again, but for what was handed on. */
  end(): void {
    this.#leave?.()
    this.#leave = null
    this.#mailbox.release([...this.#handed, ...this.#taken.map(({ sequence }) => sequence)])
    this.#handed.clear()
    this.#taken = []
  }

  #open(hand: Parameters<AgentInbox['open']>[0]): void {
    this.#listen(() => {
      for (const { sequence, text } of this.#mailbox.take(this.#stepKey)) {
        this.#handed.add(sequence)
        hand({ id: String(sequence), text })
      }
    })
  }

  #listen(onMail: () => void): void {
    this.#leave = this.#mailbox.enter({ stepKey: this.#stepKey, onMail })
  }

  #consider(): void {
    const isReady = this.#leave !== null && this.inbox === null && this.#isShown && this.#sessionId !== null
    if (!isReady || this.#stop.signal.aborted) return
    this.#taken = this.#mailbox.take(this.#stepKey)
    if (this.#taken.length > 0) this.#stop.abort(new CancelledError('The agent goes on with a message.'))
  }

  #tell(messages: readonly PersonsMessage[], how: 'live' | 'prompt'): void {
    const sequences = messages.map(({ sequence }) => sequence)
    this.#mailbox.delivered(this.#stepKey, sequences, how, this.#sessionId)
  }
}
