import type { RetryPolicy } from '../context/options.ts'
import { WorkflowError } from '../errors/WorkflowError.ts'
import { toMilliseconds } from '../values/duration.ts'

const FIELDS = [
  'maxAttempts',
  'backoff',
  'delayMs',
  'maxDelayMs',
  'jitter',
] as const satisfies readonly (keyof RetryPolicy)[]
const BACKOFFS = ['exponential', 'linear', 'fixed']

/**
 * Refuses a retry policy that cannot be followed.
 * @param what Says whose policy it is, for the message.
 * @throws WorkflowError `OPTION_UNKNOWN`, `OPTION_INVALID` or `DURATION_INVALID`.
 */
export function checkRetry(policy: RetryPolicy | undefined, what: string): void {
  if (policy === undefined) return
  if (typeof policy !== 'object' || policy === null) {
    throw new WorkflowError(
      'OPTION_INVALID',
      `${what} is ${JSON.stringify(policy)}. Give an object such as { maxAttempts: 3 }.`,
      { details: { option: 'retry' } },
    )
  }
  for (const field of Object.keys(policy)) {
    if (!(FIELDS as readonly string[]).includes(field)) {
      throw new WorkflowError(
        'OPTION_UNKNOWN',
        `${what} sets "${field}". Known fields: ${FIELDS.join(', ')}.`,
        { details: { option: field } },
      )
    }
  }
  const { maxAttempts, backoff, jitter } = policy
  if (maxAttempts !== undefined && (!Number.isInteger(maxAttempts) || maxAttempts < 1)) {
    throw new WorkflowError(
      'OPTION_INVALID',
      `maxAttempts in ${what} is ${JSON.stringify(maxAttempts)}. Use a whole number from 1.`,
      { details: { option: 'maxAttempts' } },
    )
  }
  if (backoff !== undefined && !BACKOFFS.includes(backoff)) {
    throw new WorkflowError(
      'OPTION_INVALID',
      `backoff in ${what} is ${JSON.stringify(backoff)}. Use one of: ${BACKOFFS.join(', ')}.`,
      { details: { option: 'backoff' } },
    )
  }
  if (jitter !== undefined && typeof jitter !== 'boolean') {
    throw new WorkflowError(
      'OPTION_INVALID',
      `jitter in ${what} is ${JSON.stringify(jitter)}. Use true or false.`,
      { details: { option: 'jitter' } },
    )
  }
  if (policy.delayMs !== undefined) toMilliseconds(policy.delayMs, `delayMs in ${what}`)
  if (policy.maxDelayMs !== undefined) toMilliseconds(policy.maxDelayMs, `maxDelayMs in ${what}`)
}
