import { WorkflowError } from '@holdfast/workflow-sdk'
import type { ModelRequest } from '@holdfast/workflow-sdk/ports'

/** Watches a model that may fall silent. */
export interface Silence {
  /** Aborts with `STEP_TIMED_OUT` once nothing was heard for the idle time. */
  readonly signal: AbortSignal
  readonly heard: () => void
  readonly stop: () => void
}

/** Begins to count. */
export function silence({
  idleTimeoutMs,
  stepName,
}: Pick<ModelRequest, 'idleTimeoutMs' | 'stepName'>): Silence {
  const over = new AbortController()
  const timer = setTimeout(() => {
    const message = `The model of prompt step "${stepName}" said nothing for ${idleTimeoutMs} ms. Raise idleTimeoutMs, or look whether its provider answers.`
    over.abort(new WorkflowError('STEP_TIMED_OUT', message, { details: { step: stepName, idleTimeoutMs } }))
  }, idleTimeoutMs)
  return { signal: over.signal, heard: () => void timer.refresh(), stop: () => clearTimeout(timer) }
}
