/** Ends a turn of an agent whose session a person wants for himself. */
export class TakenOver extends Error {
  readonly #isTaken = true

  readonly sessionId: string
  readonly agent: string
  readonly by: string | null

  constructor(agent: string, sessionId: string, by: string | null) {
    super(`The session ${sessionId} of ${agent} is taken over.`)
    this.agent = agent
    this.sessionId = sessionId
    this.by = by
  }

  /** Looks at nothing of the value itself: an author may throw something that does not let itself be looked at (ES17). */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && #isTaken in value && value.#isTaken
  }
}
