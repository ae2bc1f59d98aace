import {
  FatalError,
  RetryableError,
  WorkflowError,
  toMilliseconds,
  type ErrorRecord,
  type RetryPolicy,
} from '@holdfast/workflow-sdk'

/** A retry policy with every field filled in. */
export interface ResolvedRetry {
  readonly maxAttempts: number
  readonly backoff: 'exponential' | 'linear' | 'fixed'
  readonly delayMs: number
  readonly maxDelayMs: number
  readonly jitter: boolean
}

const DEFAULTS: ResolvedRetry = {
  maxAttempts: 3,
  backoff: 'exponential',
  delayMs: 1000,
  maxDelayMs: 300_000,
  jitter: true,
}

/** Codes after which another attempt cannot help: the code or its surroundings are wrong, not the moment. */
const FINAL_CODES = [
  'REPLAY_DIVERGED',
  'STEP_NAME_AMBIGUOUS',
  'SCOPE_MISMATCH',
  'WAIT_INSIDE_STEP',
  'CONTEXT_CLOSED',
  'STEP_OUTPUT_NOT_SERIALIZABLE',
  'STEP_OUTPUT_TOO_LARGE',
  'OPTION_INVALID',
  'OPTION_UNKNOWN',
  'DURATION_INVALID',
  'PATH_OUTSIDE_WORKSPACE',
  'NOT_A_GIT_REPOSITORY',
  'WORKSPACE_LOST',
  'AGENT_UNKNOWN',
  'AGENT_CAPABILITY_MISSING',
  'AGENT_NOT_INSTALLED',
  'AGENT_NOT_SIGNED_IN',
  'AGENT_RECORDING_INVALID',
  'RECORDING_DIVERGED',
  'COMMAND_NOT_FOUND',
  'RUN_CANCELLED',
  'BUDGET_EXCEEDED',
  'ANSWER_INVALID',
  'MODEL_UNKNOWN',
  'MODEL_KEY_INVALID',
  'MODEL_REFUSED',
  'PROMPT_NOT_FOUND',
  'PROMPT_INVALID',
] as const

/** Fills a policy: the call's own fields, then the workflow's, then the defaults; `once` makes one attempt the default. */
export function resolveRetry(
  own: RetryPolicy | undefined,
  workflow: RetryPolicy | null,
  once: boolean,
): ResolvedRetry {
  const policy = { ...(once ? { maxAttempts: 1 } : workflow), ...own }
  return {
    maxAttempts: policy.maxAttempts ?? DEFAULTS.maxAttempts,
    backoff: policy.backoff ?? workflow?.backoff ?? DEFAULTS.backoff,
    delayMs: toMilliseconds(policy.delayMs ?? workflow?.delayMs ?? DEFAULTS.delayMs, 'delayMs of retry'),
    maxDelayMs: toMilliseconds(
      policy.maxDelayMs ?? workflow?.maxDelayMs ?? DEFAULTS.maxDelayMs,
      'maxDelayMs of retry',
    ),
    jitter: policy.jitter ?? workflow?.jitter ?? DEFAULTS.jitter,
  }
}

/**
 * Milliseconds before the attempt after `attempt`. With jitter the delay is drawn from its upper half.
 * @param random A number in [0, 1).
 */
export function retryDelayMs(retry: ResolvedRetry, attempt: number, random: number): number {
  const factor =
    retry.backoff === 'fixed' ? 1 : retry.backoff === 'linear' ? attempt : 2 ** Math.min(attempt - 1, 40)
  const full = Math.min(retry.delayMs * factor, retry.maxDelayMs)
  return Math.round(retry.jitter ? full * (0.5 + random / 2) : full)
}

/** Whether, and after how long, a failed attempt is followed by another; null: no more. */
export function nextAttemptDelay(
  retry: ResolvedRetry,
  attempt: number,
  error: unknown,
  random: number,
): number | null {
  if (attempt >= retry.maxAttempts || isFinal(error)) return null
  const asked = afterMsOf(error)
  return asked ?? retryDelayMs(retry, attempt, random)
}

/**
 * When the quota of a provider is there again that an error names (`kind: 'quota'` and `resetAt` in its details): ISO 8601,
 * UTC; null for every other error.
 */
export function quotaReset({ data }: ErrorRecord): string | null {
  const { kind, resetAt } = data
  return kind === 'quota' && typeof resetAt === 'string' && !Number.isNaN(Date.parse(resetAt))
    ? resetAt
    : null
}

function isFinal(error: unknown): boolean {
  return (
    error instanceof FatalError ||
    (WorkflowError.is(error) && (error.name === 'FatalError' || WorkflowError.has(error, ...FINAL_CODES)))
  )
}

function afterMsOf(error: unknown): number | null {
  if (error instanceof RetryableError) return error.afterMs
  const afterMs = WorkflowError.is(error) ? (error as { afterMs?: unknown }).afterMs : null
  return typeof afterMs === 'number' ? afterMs : null
}
