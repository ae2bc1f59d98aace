import type { ErrorAnswer } from '../schemas/errors.ts'

/** A refusal of the server, or an answer that is none of its own. */
export class ApiError extends Error {
  /** A code of the catalogue; null when something else than the server answered. */
  readonly code: string | null
  readonly status: number
  readonly details: Readonly<Record<string, unknown>>
  readonly requestId: string | null

  constructor(status: number, answer: ErrorAnswer | null, text: string) {
    super(answer?.error.message ?? `The server answered with status ${status}: ${text.slice(0, 200)}`)
    this.name = 'ApiError'
    this.status = status
    this.code = answer?.error.code ?? null
    this.details = answer?.error.details ?? {}
    this.requestId = answer?.error.requestId ?? null
  }
}
