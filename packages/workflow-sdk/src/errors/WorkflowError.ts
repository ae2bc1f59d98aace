import { ERRORS, type ErrorCode } from './catalogue.ts'

/** Marks our errors across copies of this package in one process. */
const BRAND = Symbol.for('holdfast.WorkflowError')

/** What {@link WorkflowError} takes beside its code and message. */
export interface WorkflowErrorOptions {
  /** Plain JSON with the facts of the case: ids, paths, the fields that do not fit. */
  readonly details?: Readonly<Record<string, unknown>>
  /** The error that led to this one. */
  readonly cause?: unknown
}

/**
 * The base of every error that Holdfast throws. `message` says what, where and what to do; the code
 * is appended in brackets by {@link WorkflowError.toString}.
 */
export class WorkflowError extends Error {
  /** The entry of the catalogue that this error belongs to. */
  readonly code: ErrorCode
  /** Plain JSON with the facts of the case. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, options: WorkflowErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = code
    this.details = options.details ?? {}
    Object.defineProperty(this, BRAND, { value: true })
  }

  /** Whether the same call may succeed when tried again unchanged. */
  get retryable(): boolean {
    return ERRORS[this.code].retryable
  }

  /** `message [CODE]`, the form in which the command line and logs show an error. */
  override toString(): string {
    return `${this.message} [${this.code}]`
  }

  /** Whether `value` is a WorkflowError, also of another copy of this package. */
  static is(value: unknown): value is WorkflowError {
    return typeof value === 'object' && value !== null && BRAND in value
  }

  /** Whether `value` is a WorkflowError with one of `codes`. */
  static has(value: unknown, ...codes: readonly ErrorCode[]): value is WorkflowError {
    return WorkflowError.is(value) && codes.includes(value.code)
  }
}
