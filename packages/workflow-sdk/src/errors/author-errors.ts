import { WorkflowError, type WorkflowErrorOptions } from './WorkflowError.ts'

/** Thrown by an author inside a step: the step fails at once, whatever its retry policy says. */
export class FatalError extends WorkflowError {
  constructor(message: string, options: WorkflowErrorOptions = {}) {
    super('STEP_FAILED', message, options)
  }
}

/** Thrown by an author inside a step: try again, not before `afterMs` have passed. */
export class RetryableError extends WorkflowError {
  /** Milliseconds to wait before the next attempt; null leaves it to the retry policy. */
  readonly afterMs: number | null

  constructor(message: string, options: WorkflowErrorOptions & { readonly afterMs?: number } = {}) {
    super('STEP_FAILED', message, options)
    this.afterMs = options.afterMs ?? null
  }
}

/** What pending calls reject with while a run is cancelled or times out. */
export class CancelledError extends WorkflowError {
  constructor(message = 'The run was cancelled.', options: WorkflowErrorOptions = {}) {
    super('RUN_CANCELLED', message, options)
  }
}

/**
 * A budget is used up and nobody may raise it, or somebody decided to stop. `instanceof` also knows it in the
 * {@link WorkflowError} that a step rejects with: code `BUDGET_EXCEEDED`.
 */
export class BudgetExceededError extends WorkflowError {
  constructor(message: string, options: WorkflowErrorOptions = {}) {
    super('BUDGET_EXCEEDED', message, options)
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return WorkflowError.has(value, 'BUDGET_EXCEEDED')
  }
}
