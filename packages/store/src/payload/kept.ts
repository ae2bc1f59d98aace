import type { EventPayloads, NewJournalEvent, StoredValue } from '@holdfast/workflow-sdk/journal'
import type { RunColumns } from '../projection/rows.ts'

/**
 * A payload is stored once (J4): what a row of another table holds is left out of the event's own row and
 * put back when the event is read. This page says which fields those are.
 *
 * - `run.created`: what `workflow_runs` keeps unchanged for good, and what has its usual value. A debounced start
 *   keeps its input here too, as a later one replaces that of the row.
 * - `run.completed`, `step.completed`: `output`. `rawOutput` becomes null, its text lies in `execution_logs`.
 * - The `step.started` that makes the step's row: `input`. What has its usual value is left out of every start:
 *   most steps are plain, and the events of a run that lie on one page are written again with each of its steps.
 */
export function keptPayload(event: NewJournalEvent): object {
  switch (event.type) {
    case 'run.completed': {
      const { output: _output, ...kept } = event.payload
      return kept
    }
    case 'step.completed': {
      const { output: _output, ...kept } = event.payload
      return kept.rawOutput === undefined ? kept : { ...kept, rawOutput: null }
    }
    case 'step.started': {
      return keptStarted(event.payload)
    }
    default:
      return event.payload
  }
}

type Started = EventPayloads['step.started']

/** Usual values of a start, beside its name, which is its key, and its hash, which is its kind. */
const USUAL_START = {
  kind: 'run',
  parentKey: null,
  attempt: 1,
  maxAttempts: 3,
  writes: 'none',
  onInterrupted: 'retry',
} as const satisfies Partial<Started>

function keptStarted(payload: Started): object {
  const usual: Partial<Started> = { ...USUAL_START, name: payload.key, hash: payload.kind }
  const kept: Record<string, unknown> = {}
  for (const field of Object.keys(payload) as (keyof Started)[])
    if (field !== 'input' && payload[field] !== usual[field]) kept[field] = payload[field]
  return kept
}

/** The payload of `step.started` again, without the input that lies elsewhere. */
export function wholeStarted(kept: Partial<Started>): Started {
  const { key = '', kind = USUAL_START.kind } = kept
  return { name: key, hash: kind, ...USUAL_START, ...kept } as Started
}

type Created = EventPayloads['run.created']

/** Fields of `run.created` that are columns of the run and never change there. */
const AS_COLUMN = {
  projectId: 'project_id',
  workflowId: 'workflow_id',
  workflowName: 'workflow_name',
  taskInput: 'task_input',
  parentRunId: 'parent_run_id',
  parentKey: 'parent_key',
  sessionName: 'session_name',
  userId: 'user_id',
  triggeringObjectId: 'triggering_object_id',
  timeoutMs: 'timeout_ms',
  deadlineAt: 'deadline_at',
  previousRunId: 'previous_run_id',
} as const satisfies Partial<Record<keyof Created, keyof RunColumns>>

/** Columns of `workflow_runs` that hold parts of payloads. */
export const HELD_COLUMNS = [
  ...Object.values(AS_COLUMN),
  'input',
  'input_blob',
  'output',
  'output_blob',
] as const satisfies readonly (keyof RunColumns)[]

/** Usual values of the others; a field that has it is left out. */
const USUAL = {
  onParentClose: 'cancel',
  allowDirty: false,
  onFailure: 'fail',
  workspaceKind: 'project',
  workflowVersion: 1,
  sessionId: null,
  workspaceId: null,
} as const satisfies Partial<Created>

/** What the event row of `run.created` keeps. */
export function keptCreated(payload: Created, row: RunColumns): object {
  const kept: Record<string, unknown> = { ...payload }
  const input = { input: payload.input, taskInput: payload.taskInput }
  delete kept.input
  for (const [field, column] of Object.entries(AS_COLUMN)) if (kept[field] === row[column]) delete kept[field]
  // A later start may replace them in the row.
  if (payload.debounce !== undefined) Object.assign(kept, input)
  for (const [field, usual] of Object.entries(USUAL)) if (kept[field] === usual) delete kept[field]
  if (Object.keys(payload.state).length === 0) delete kept.state
  if (Object.keys(payload.tags).length === 0) delete kept.tags
  return kept
}

/** The whole payload again. */
export function wholeCreated(
  kept: Partial<Created>,
  row: Pick<RunColumns, (typeof AS_COLUMN)[keyof typeof AS_COLUMN]>,
  input: StoredValue,
): Created {
  const columns = Object.fromEntries(Object.entries(AS_COLUMN).map(([field, column]) => [field, row[column]]))
  return { ...USUAL, state: {}, tags: {}, ...columns, input, ...kept } as Created
}
