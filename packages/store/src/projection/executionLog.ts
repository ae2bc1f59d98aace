import { columnText } from '../payload/text.ts'
import type { InsertChange } from './changes.ts'
import type { Known, StepFacts } from './Known.ts'
import type { ExecutionLogColumns, JsonText } from './rows.ts'

/** How an attempt of a step ended. */
export interface FinishedAttempt {
  readonly id: string
  readonly status: ExecutionLogColumns['status']
  readonly attempt: number
  readonly at: string
  readonly durationMs: number | null
  readonly error: string | null
  readonly rawOutput: JsonText | null
}

/**
 * The row of `execution_logs` for an attempt; null when the attempt has its row already: what a person
 * decides about a failed attempt afterwards is no attempt of its own.
 */
export function logOfAttempt(step: StepFacts, { run }: Known, end: FinishedAttempt): InsertChange | null {
  if (step.logged_attempt >= end.attempt) return null
  return {
    table: 'execution_logs',
    insert: {
      id: end.id,
      workflow_id: run.workflow_id,
      run_id: run.id,
      step_id: step.id,
      node_id: null,
      attempt_number: end.attempt,
      triggering_object_id: run.triggering_object_id,
      parent_execution_log_id: null,
      status: end.status,
      input_context: null,
      raw_output: end.rawOutput,
      parsed_output: null,
      error_message: end.error === null ? null : columnText(end.error),
      duration_ms: end.durationMs,
      token_usage: step.attempt_tokens,
      cost: step.attempt_cost,
      executed_at: end.at,
    },
  }
}
