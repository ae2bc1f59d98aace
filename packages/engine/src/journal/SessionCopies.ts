import type { JournalEvent } from '@holdfast/workflow-sdk'
import { STOPPED_FOR_MESSAGE } from '../messages/stopped.ts'

/**
 * Which agent sessions belong to the run that this one was forked from, and which copy of them this run goes on
 * with. A copy counts once its agent came to its end: one that was never begun cannot be resumed.
 */
export class SessionCopies {
  /** The session file of the last step in each, relative to the project's root. */
  readonly #inherited = new Map<string, string>()
  readonly #files = new Map<string, string>()
  readonly #copies = new Map<string, string>()
  readonly #begun = new Map<string, { of: string; id: string | null }>()

  /** @param throughSequence Events up to it were taken over from the other run. */
  apply(event: JournalEvent, throughSequence: number): void {
    if (event.type !== 'agent.started' && event.type !== 'agent.updated' && event.type !== 'agent.completed')
      return
    const { stepKey } = event.payload
    const id = event.type === 'agent.completed' ? undefined : event.payload.sessionId
    if (event.sequence <= throughSequence) {
      if (event.type === 'agent.started') this.#files.set(stepKey, event.payload.sessionFilePath)
      if (typeof id === 'string') this.#inherited.set(id, this.#files.get(stepKey) ?? '')
      return
    }
    if (event.type === 'agent.started') {
      const { copyOf } = event.payload
      if (copyOf === undefined) this.#begun.delete(stepKey)
      else this.#begun.set(stepKey, { of: copyOf, id: id ?? null })
      return
    }
    const begun = this.#begun.get(stepKey)
    if (begun === undefined) return
    if (typeof id === 'string') begun.id = id
    // One that was stopped for a message may not have come to be.
    if (
      event.type === 'agent.completed' &&
      event.payload.stopReason !== STOPPED_FOR_MESSAGE &&
      begun.id !== null
    )
      this.#copies.set(begun.of, begun.id)
  }

  /** The session to resume for `id`, or that it has to be copied first, as it was after the step with that session file. */
  find(
    id: string,
  ): { readonly resume: string } | { readonly copyOf: string; readonly sessionFilePath: string } {
    const copy = this.#copies.get(id)
    if (copy !== undefined) return { resume: copy }
    const sessionFilePath = this.#inherited.get(id)
    return sessionFilePath === undefined ? { resume: id } : { copyOf: id, sessionFilePath }
  }
}
