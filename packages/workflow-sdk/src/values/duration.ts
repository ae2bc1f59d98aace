import ms from 'ms'
import { WorkflowError } from '../errors/WorkflowError.ts'

/** Milliseconds, or a text such as `'10m'`, `'1.5h'`, `'2 days'` (format of the npm package `ms`). */
export type Duration = number | string

/** The longest duration that is accepted: one hundred years, in milliseconds. */
const MAX_DURATION_MS = 100 * 365.25 * 24 * 3600 * 1000

/**
 * A duration in whole milliseconds, at least 0.
 * @throws WorkflowError `DURATION_INVALID` naming `what`.
 */
export function toMilliseconds(duration: Duration, what: string): number {
  const value = typeof duration === 'number' ? duration : parse(duration)
  if (value === undefined || !Number.isFinite(value) || value < 0 || value > MAX_DURATION_MS) {
    throw new WorkflowError(
      'DURATION_INVALID',
      `${what} is ${JSON.stringify(duration)}, which is no duration. Give milliseconds or a text such as "10m".`,
      { details: { what, value: duration } },
    )
  }
  return Math.round(value)
}

/** `ms` throws an error of its own for what is empty, very long or no text. */
function parse(text: unknown): number | undefined {
  if (typeof text !== 'string' || text === '' || text.length > 100) return undefined
  return ms(text as ms.StringValue)
}
