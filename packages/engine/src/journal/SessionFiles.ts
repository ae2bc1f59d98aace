import type { JournalEvent } from '@holdfast/workflow-sdk'

/** In which session files the transcript of each agent session lies, so that it is known when the session is gone. */
export class SessionFiles {
  /** By step: where its agent that began last writes. */
  readonly #current = new Map<string, string>()
  readonly #files = new Map<string, Set<string>>()

  /** Session files of a session, relative to the project's root, oldest first. */
  of(sessionId: string): readonly string[] {
    return [...(this.#files.get(sessionId) ?? [])]
  }

  apply(event: JournalEvent): void {
    if (event.type === 'agent.started') {
      const { stepKey, sessionFilePath, sessionId } = event.payload
      this.#current.set(stepKey, sessionFilePath)
      if (sessionId !== null) this.#add(sessionId, sessionFilePath)
    } else if (event.type === 'agent.updated' && event.payload.sessionId !== undefined) {
      const file = this.#current.get(event.payload.stepKey)
      if (file !== undefined) this.#add(event.payload.sessionId, file)
    }
  }

  #add(sessionId: string, file: string): void {
    this.#files.set(sessionId, (this.#files.get(sessionId) ?? new Set()).add(file))
  }
}
