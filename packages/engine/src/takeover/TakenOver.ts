/** Ends a turn of an agent whose session a person wants for himself. */
export class TakenOver extends Error {
  readonly sessionId: string
  readonly agent: string
  readonly by: string | null

  constructor(agent: string, sessionId: string, by: string | null) {
    super(`The session ${sessionId} of ${agent} is taken over.`)
    this.agent = agent
    this.sessionId = sessionId
    this.by = by
  }
}
