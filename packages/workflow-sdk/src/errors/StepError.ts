import type { ErrorRecord } from '../values/ErrorRecord.ts'
import { ERRORS, type ErrorCode } from './catalogue.ts'
import { WorkflowError } from './WorkflowError.ts'

/**
 * What a failed step rejects with, live and in replay alike: it is always built from the stored
 * {@link ErrorRecord}, never the original object (R6).
 */
export class StepError extends WorkflowError {
  /** Name of the step. */
  readonly step: string
  /** How many attempts were made. */
  readonly attempts: number
  /** `details` of the original error. */
  readonly data: Readonly<Record<string, unknown>>
  /** The stored form of the original error. */
  readonly record: ErrorRecord

  constructor(step: string, record: ErrorRecord, attempts: number) {
    const code = record.code !== null && record.code in ERRORS ? (record.code as ErrorCode) : 'STEP_FAILED'
    super(code, record.message, {
      details: { step, attempts, ...record.data },
      ...(record.cause === null ? {} : { cause: record.cause }),
    })
    // Where the author's code made the call, not where the engine hands the error over.
    const frames = (record.stack ?? '').split('\n').filter((line) => line.startsWith('    at '))
    this.stack = [`${this.name}: ${this.message}`, ...frames].join('\n')
    this.step = step
    this.attempts = attempts
    this.data = record.data
    this.record = record
  }
}
