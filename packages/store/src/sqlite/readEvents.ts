import { WorkflowError, type JournalEvent } from '@holdfast/workflow-sdk'
import type { EventPayloads, StoredValue } from '@holdfast/workflow-sdk/journal'
import { wholeCreated } from '../payload/kept.ts'
import { fromColumns } from '../payload/stored.ts'
import type { RunColumns, StepColumns } from '../projection/rows.ts'
import type { Connection } from './Connection.ts'

interface StoredEvent {
  readonly sequence: number
  readonly event_type: string
  readonly timestamp: string
  readonly payload: string
  readonly schema_version: number
}

type StepValues = Pick<StepColumns, 'id' | 'step_key' | 'input' | 'output' | 'output_blob'>

/** With more events than this, the run's steps are read at once instead of one by one. */
const FEW = 32

/** Events of a run, with what other rows hold of their payloads put back. */
export function readEvents(
  connection: Connection,
  runId: string,
  after: number,
  limit: number,
): JournalEvent[] {
  const rows = connection.all<StoredEvent>(EVENTS, runId, after, limit)
  const step = stepReader(connection, runId, rows.length > FEW)
  return rows.map((row) => ({
    runId,
    sequence: row.sequence,
    type: row.event_type,
    timestamp: row.timestamp,
    payload: wholePayload(connection, runId, row, step),
    schemaVersion: row.schema_version,
  })) as JournalEvent[]
}

const EVENTS = `select sequence, event_type, timestamp, payload, schema_version from workflow_events
  where run_id = ? and sequence > ? order by sequence limit ?`
const STEPS = 'select id, step_key, input, output, output_blob from workflow_steps where run_id = ?'

function stepReader(connection: Connection, runId: string, all: boolean): (key: string) => StepValues | null {
  if (!all) return (key) => connection.get<StepValues>(`${STEPS} and step_key = ?`, runId, key)
  let steps: Map<string, StepValues> | null = null
  return (key) => {
    steps ??= new Map(connection.all<StepValues>(STEPS, runId).map((step) => [step.step_key, step]))
    return steps.get(key) ?? null
  }
}

function wholePayload(
  connection: Connection,
  runId: string,
  row: StoredEvent,
  step: (key: string) => StepValues | null,
): object {
  const kept = parsed(runId, row)
  switch (row.event_type) {
    case 'run.created': {
      const run = mustFind(
        connection.get<RunColumns>('select * from workflow_runs where id = ?', runId),
        runId,
        row,
      )
      return wholeCreated(kept, run, fromColumns(run.input, run.input_blob))
    }
    case 'run.completed': {
      if ('output' in kept) return kept
      const run = mustFind(connection.get<RunColumns>(OUTPUT, runId), runId, row)
      return { ...kept, output: fromColumns(run.output, run.output_blob) }
    }
    case 'step.started': {
      const { key } = kept as EventPayloads['step.started']
      const values = 'input' in kept ? null : step(key)
      if (values === null || values.input === null || values.id !== `${runId}.${row.sequence}.0`) return kept
      return { ...kept, input: JSON.parse(values.input) as unknown }
    }
    case 'step.completed':
      return 'output' in kept ? kept : wholeCompleted(connection, runId, row, kept, step)
    default:
      return kept
  }
}

const OUTPUT = 'select output, output_blob from workflow_runs where id = ?'
const RAW_OUTPUT = 'select raw_output from execution_logs where id = ?'

function wholeCompleted(
  connection: Connection,
  runId: string,
  row: StoredEvent,
  kept: object,
  step: (key: string) => StepValues | null,
): object {
  const { key, rawOutput } = kept as { readonly key: string; readonly rawOutput?: null }
  const values = mustFind(step(key), runId, row)
  const output: StoredValue = fromColumns(values.output, values.output_blob)
  if (rawOutput === undefined) return { ...kept, output }
  const log = mustFind(
    connection.get<{ raw_output: string }>(RAW_OUTPUT, `${runId}.${row.sequence}.0`),
    runId,
    row,
  )
  return { ...kept, output, rawOutput: JSON.parse(log.raw_output) as string }
}

function parsed(runId: string, row: StoredEvent): object {
  try {
    return JSON.parse(row.payload) as object
  } catch (cause) {
    throw corrupt(runId, row, 'its payload is no JSON', cause)
  }
}

function mustFind<T>(found: T | null, runId: string, row: StoredEvent): T {
  if (found === null) throw corrupt(runId, row, 'the row that holds its value is missing')
  return found
}

function corrupt(runId: string, row: StoredEvent, why: string, cause?: unknown): WorkflowError {
  return new WorkflowError(
    'JOURNAL_CORRUPT',
    `Event ${row.sequence} (${row.event_type}) of run ${runId} cannot be read: ${why}. Restore the store from a backup.`,
    { details: { runId, sequence: row.sequence }, cause },
  )
}
