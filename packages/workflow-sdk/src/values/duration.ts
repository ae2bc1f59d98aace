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
  const value = typeof duration === 'number' ? duration : ms(duration as ms.StringValue)
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0 || value > MAX_DURATION_MS) {
    throw new WorkflowError(
      'DURATION_INVALID',
      `${what} is ${JSON.stringify(duration)}, which is no duration. Give milliseconds or a text such as "10m".`,
      { details: { what, value: duration } },
    )
  }
  return Math.round(value)
}
