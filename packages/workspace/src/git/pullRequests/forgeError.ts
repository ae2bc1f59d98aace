import { WorkflowError } from '@holdfast/workflow-sdk'
import type { HostedRepository } from '../remotes.ts'
import { withoutCredentials } from '../gitError.ts'

/** What went wrong at a forge. */
export interface ForgeFailure {
  readonly request: string
  /** HTTP status. */
  readonly status: number
  readonly header: (name: string) => string | null
  readonly said: string
  readonly repository: HostedRepository
}

/**
 * The error for what a forge answered. A limit that ends at a time says so in its details, so that the step waits for
 * it. (Source: GitHub REST API, "Rate limits", "Troubleshooting".)
 */
export function forgeError(failure: ForgeFailure): WorkflowError {
  const { request, status } = failure
  const name = `${failure.repository.owner}/${failure.repository.name}`
  const said = withoutCredentials(failure.said).slice(0, 1000)
  const what = `${request} answered ${status}: ${said || 'nothing'}.`
  const details = { request, status, repository: name }
  if (isLimit(failure)) {
    const resetAt = resetOf(failure)
    const until = resetAt === null ? 'Try again later.' : `It ends at ${resetAt}.`
    return new WorkflowError('FORGE_RATE_LIMITED', `${what} The limit of requests is reached. ${until}`, {
      details: { ...details, ...(resetAt === null ? {} : { kind: 'quota', resetAt }) },
    })
  }
  if (status >= 500) return new WorkflowError('FORGE_UNAVAILABLE', `${what} Try again later.`, { details })
  if (status === 401 || status === 403)
    return new WorkflowError(
      'FORGE_NOT_SIGNED_IN',
      `${what} Check that the token, or the account of gh, is valid and may write to ${name}.`,
      { details },
    )
  if (status === 404)
    return new WorkflowError(
      'FORGE_NOT_FOUND',
      `${what} There is no such thing in ${name}, or this account may not see it. Check the remote and its rights.`,
      { details },
    )
  return new WorkflowError('FORGE_REFUSED', `${what} Correct what it names.`, { details })
}

/** The error when no answer came. */
export function noAnswer(request: string, error: unknown): WorkflowError {
  const reason = error instanceof Error ? `${error.message} ${causeOf(error)}`.trim() : String(error)
  const message = `GitHub could not be reached at ${request}: ${reason}. Check the network and GITHUB_API_URL.`
  return new WorkflowError('FORGE_UNAVAILABLE', message, { details: { request }, cause: error })
}

const causeOf = (error: Error): string => (error.cause instanceof Error ? `(${error.cause.message})` : '')

function isLimit({ status, said, header }: ForgeFailure): boolean {
  if (status === 429) return true
  return (
    status === 403 &&
    (header('x-ratelimit-remaining') === '0' || header('retry-after') !== null || /rate limit/i.test(said))
  )
}

/** ISO; `retry-after` is seconds, `x-ratelimit-reset` seconds since 1970. */
function resetOf({ header }: ForgeFailure): string | null {
  const after = Number(header('retry-after') ?? Number.NaN)
  if (after > 0) return new Date(Date.now() + after * 1000).toISOString()
  const reset = Number(header('x-ratelimit-reset') ?? Number.NaN)
  return reset > 0 ? new Date(reset * 1000).toISOString() : null
}
