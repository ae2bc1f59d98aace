/** Payloads of what people and agents say to each other. */
export interface MessagePayloads {
  'message.added': {
    readonly sessionId: string | null
    readonly role: 'user' | 'assistant'
    readonly text: string
    readonly messageType: 'workflow_start' | 'intervention' | 'answer' | 'note'
    /** A person, or the name of an agent. */
    readonly by: string | null
    /** Of a person: the step that it is for, absent for whichever agent works. Of an agent: its step. */
    readonly stepKey?: string
    /** The same id counts once. */
    readonly id?: string
  }
  /** The agent of a step has messages of people. */
  'message.delivered': {
    /** Sequences of their `message.added`. */
    readonly messages: readonly number[]
    readonly stepKey: string
    /** Session that has them now. */
    readonly sessionId: string | null
    /** `live` while it worked, `prompt` with the prompt of a turn. */
    readonly how: 'live' | 'prompt'
  }
  /** The agent ended a turn in which it had the messages. */
  'message.answered': { readonly messages: readonly number[]; readonly stepKey: string }
  /** A person wants the session of a step's agent for himself; the step asks for it back. */
  'agent.takeover-requested': { readonly stepKey: string; readonly by: string | null }
}
