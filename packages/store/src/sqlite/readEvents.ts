import type { JournalEvent } from '@holdfast/workflow-sdk'
import { HELD_COLUMNS } from '../payload/kept.ts'
import { wholeEvents, type StepValues, type StoredEvent } from '../payload/wholeEvents.ts'
import type { RunColumns } from '../projection/rows.ts'
import type { Connection } from './Connection.ts'

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
  return wholeEvents(runId, rows, {
    run: () => connection.get<RunColumns>(RUN, runId),
    step: stepReader(connection, runId, rows.length > FEW),
    rawOutput: (id) => connection.get<{ raw_output: string }>(RAW_OUTPUT, id)?.raw_output ?? null,
  })
}

const EVENTS = `select sequence, event_type, timestamp, payload, schema_version from workflow_events
  where run_id = ? and sequence > ? order by sequence limit ?`
const RUN = `select ${HELD_COLUMNS.join(', ')} from workflow_runs where id = ?`
const STEPS = 'select id, step_key, input, output, output_blob from workflow_steps where run_id = ?'
const RAW_OUTPUT = 'select raw_output from execution_logs where id = ?'

function stepReader(connection: Connection, runId: string, all: boolean): (key: string) => StepValues | null {
  if (!all) return (key) => connection.get<StepValues>(`${STEPS} and step_key = ?`, runId, key)
  let steps: Map<string, StepValues> | null = null
  return (key) => {
    steps ??= new Map(connection.all<StepValues>(STEPS, runId).map((step) => [step.step_key, step]))
    return steps.get(key) ?? null
  }
}
