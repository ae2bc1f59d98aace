import type { ExecutionLogQuery, ExecutionLogRow, Page } from '../contract/index.ts'
import type { CursorValues } from '../lists/cursor.ts'
import { compareText, pageOfRows } from '../lists/pageOfRows.ts'
import { storedValue } from '../sql/decode.ts'
import type { RunState } from './RunState.ts'
import type { Runs } from './Runs.ts'

/** Attempts of steps, as the SQL backends answer them. Journals are read of those runs only that may have some. */
export function listAttempts(runs: Runs, query: ExecutionLogQuery): Page<ExecutionLogRow> {
  const sign = query.sort === 'executed_at' ? 1 : -1
  const found = runsOf(runs, query).flatMap((runId) => attemptsOf(runs.state(runId), query))
  return pageOfRows(query, found, {
    sortedBy: ({ executed_at, id }) => [executed_at, id],
    compare: (a, b) => sign * compareAttempts(a, b),
  })
}

/** The ids of a run's attempts, `{runId}.{sequence}.{index}`, are in order when the shorter one comes first. */
function compareAttempts([a, idA]: CursorValues, [b, idB]: CursorValues): number {
  return (
    compareText(a ?? '', b ?? '') ||
    (idA?.length ?? 0) - (idB?.length ?? 0) ||
    compareText(idA ?? '', idB ?? '')
  )
}

function runsOf(runs: Runs, { runId, workflowId, triggeringObjectId }: ExecutionLogQuery): string[] {
  if (runId !== undefined) return [runId]
  const entries = runs
    .all()
    .filter(
      ({ run, trouble }) =>
        trouble === null &&
        (workflowId === undefined || run.workflow_id === workflowId) &&
        (triggeringObjectId === undefined || run.triggering_object_id === triggeringObjectId),
    )
  return entries.map(({ run }) => run.id)
}

function attemptsOf(state: RunState | null, query: ExecutionLogQuery): ExecutionLogRow[] {
  if (state === null) return []
  const { execution_logs: attempts, workflow_steps: steps } = state.tables
  return [...attempts.values()].flatMap((log) => {
    const step = log.step_id === null ? undefined : steps.get(log.step_id)
    const isAsked =
      (query.stepId === undefined || log.step_id === query.stepId) &&
      (query.workflowId === undefined || log.workflow_id === query.workflowId) &&
      (query.nodeId === undefined || step?.step_key === query.nodeId) &&
      (query.triggeringObjectId === undefined || log.triggering_object_id === query.triggeringObjectId) &&
      (query.status === undefined || log.status === query.status)
    if (step === undefined || !isAsked) return []
    const output = log.status === 'SUCCESS' ? storedValue(step.output, step.output_blob) : null
    return [
      {
        ...log,
        input_context: storedValue(log.input_context ?? step.input, null),
        raw_output: log.raw_output === null ? output : storedValue(log.raw_output, null),
        parsed_output: log.parsed_output === null ? output : storedValue(log.parsed_output, null),
      },
    ]
  })
}
