import { ERRORS, WorkflowError, type WorkflowStatus } from '@holdfast/workflow-sdk'

/** Exit codes of the command (contracts §7). */
export const EXIT = {
  completed: 0,
  failed: 1,
  usage: 2,
  /** Only a person can go on. */
  waiting: 3,
  /** Cancelled, killed, or left with Ctrl-C. */
  cancelled: 130,
} as const

/** Exit code for a run with this status. */
export function exitCodeOf(status: WorkflowStatus): number {
  switch (status) {
    case 'completed':
      return EXIT.completed
    case 'failed':
    case 'timed_out':
      return EXIT.failed
    case 'cancelled':
    case 'killed':
      return EXIT.cancelled
    case 'paused':
    case 'waiting':
      return EXIT.waiting
    case 'pending':
    case 'running':
    case 'cancelling':
      return EXIT.cancelled
  }
}

/** Exit code for an error: 2 when what was typed or configured is wrong, else 1. */
export function exitCodeOfError(error: unknown): number {
  if (!WorkflowError.is(error)) return EXIT.failed
  const { httpStatus } = ERRORS[error.code]
  return httpStatus === 400 || httpStatus === 404 ? EXIT.usage : EXIT.failed
}
