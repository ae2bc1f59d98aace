import type { JournalEvent } from '@holdfast/workflow-sdk'
import { wholeEvents, type StepValues, type StoredEvent } from '../payload/wholeEvents.ts'
import type { RunColumns } from '../projection/rows.ts'
import type { Rows } from './line.ts'

/** Events of a run, with what other rows hold of their payloads put back. `limit` null: all. */
export async function readEvents(
  from: Rows,
  runId: string,
  after: number,
  limit: number | null,
): Promise<JournalEvent[]> {
  const rows = await from.rows<StoredEvent>(EVENTS, runId, after, limit)
  const types = new Set(rows.map((row) => row.event_type))
  const [runs, steps, logs] = await Promise.all([
    types.has('run.created') || types.has('run.completed')
      ? from.rows<RunColumns>('select * from workflow_runs where id = $1', runId)
      : [],
    types.has('step.started') || types.has('step.completed')
      ? from.rows<StepValues>(STEPS, runId, stepsOf(rows))
      : [],
    from.rows<{ id: string; raw_output: string }>(
      RAW_OUTPUTS,
      rows.flatMap((row) => rawLog(runId, row)),
    ),
  ])
  const byKey = new Map(steps.map((step) => [step.step_key, step]))
  const byId = new Map(logs.map((log) => [log.id, log.raw_output]))
  return wholeEvents(runId, rows, {
    run: () => runs[0] ?? null,
    step: (key) => byKey.get(key) ?? null,
    rawOutput: (id) => byId.get(id) ?? null,
  })
}

const EVENTS = `select sequence, event_type, timestamp, payload, schema_version from workflow_events
  where run_id = $1 and sequence > $2 order by sequence limit $3`
const STEPS = `select id, step_key, input, output, output_blob from workflow_steps
  where run_id = $1 and ($2::text[] is null or step_key = any($2))`
const RAW_OUTPUTS = 'select id, raw_output from execution_logs where id = any($1) and raw_output is not null'

/** With more steps than this, all of the run are read. */
const FEW = 500

function stepsOf(rows: readonly StoredEvent[]): string[] | null {
  const keys = new Set<string>()
  for (const row of rows) {
    if (row.event_type !== 'step.started' && row.event_type !== 'step.completed') continue
    const { key } = JSON.parse(row.payload) as { readonly key?: unknown }
    if (typeof key === 'string') keys.add(key)
    if (keys.size > FEW) return null
  }
  return [...keys]
}

/** Id of the execution log that holds what a `step.completed` leaves out. */
function rawLog(runId: string, row: StoredEvent): string[] {
  const left = row.event_type === 'step.completed' && row.payload.includes('"rawOutput":null')
  return left ? [`${runId}.${row.sequence}.0`] : []
}
