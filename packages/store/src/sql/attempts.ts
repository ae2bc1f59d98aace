import type { Json } from '@holdfast/workflow-sdk/journal'
import type { ExecutionLogQuery, ExecutionLogRow, Page } from '../contract/index.ts'
import type { ExecutionLogColumns, JsonText } from '../projection/rows.ts'
import { storedValue } from './decode.ts'
import { pageOf } from './paging.ts'
import type { Script } from './Script.ts'
import { raw, sql } from './statement.ts'

/** An attempt with input and output of its step. */
interface Attempt extends ExecutionLogColumns {
  step_input: JsonText | null
  step_output: JsonText | null
  step_blob: JsonText | null
}

/**
 * Attempts of steps. What equals input or output of the step is filled in from there. The ids of a run's
 * attempts, `{runId}.{sequence}.{index}`, are in order when the shorter one comes first.
 */
export function* listAttempts(query: ExecutionLogQuery): Script<Page<ExecutionLogRow>> {
  const isNewestFirst = (query.sort ?? '-executed_at') === '-executed_at'
  const direction = isNewestFirst ? ' desc' : ''
  const conditions = []
  if (query.runId !== undefined) conditions.push(sql`step.run_id = ${query.runId}`)
  if (query.stepId !== undefined) conditions.push(sql`log.step_id = ${query.stepId}`)
  if (query.workflowId !== undefined) conditions.push(sql`log.workflow_id = ${query.workflowId}`)
  if (query.nodeId !== undefined) conditions.push(sql`step.step_key = ${query.nodeId}`)
  if (query.triggeringObjectId !== undefined)
    conditions.push(sql`log.triggering_object_id = ${query.triggeringObjectId}`)
  if (query.status !== undefined) conditions.push(sql`log.status = ${query.status}`)
  return yield* pageOf<Attempt, ExecutionLogRow>(query, {
    columns: raw(
      'log.*, step.input as step_input, step.output as step_output, step.output_blob as step_blob',
    ),
    from: raw('execution_logs as log join workflow_steps as step on step.id = log.step_id'),
    conditions,
    behind: ([at = null, id = null]) =>
      sql`(log.executed_at, length(log.id), log.id) ${raw(isNewestFirst ? '<' : '>')} (${at}, ${id?.length ?? 0}, ${id})`,
    orderBy: raw(`log.executed_at${direction}, length(log.id)${direction}, log.id${direction}`),
    sortedBy: ({ executed_at, id }) => [executed_at, id],
    decode: decodeAttempt,
  })
}

function decodeAttempt({ step_input, step_output, step_blob, ...log }: Attempt): ExecutionLogRow {
  const output: Json = log.status === 'SUCCESS' ? storedValue(step_output, step_blob) : null
  return {
    ...log,
    input_context: storedValue(log.input_context ?? step_input, null),
    raw_output: log.raw_output === null ? output : storedValue(log.raw_output, null),
    parsed_output: log.parsed_output === null ? output : storedValue(log.parsed_output, null),
  }
}
