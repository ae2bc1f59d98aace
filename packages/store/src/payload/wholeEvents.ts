import { WorkflowError, type JournalEvent } from '@holdfast/workflow-sdk'
import type { StoredValue } from '@holdfast/workflow-sdk/journal'
import type { RunColumns, StepColumns } from '../projection/rows.ts'
import { wholeCreated, wholeStarted, type HELD_COLUMNS } from './kept.ts'
import { fromColumns } from './stored.ts'

/** A row of `workflow_events` as SQL gives it; `payload` is JSON text. */
export interface StoredEvent {
  readonly sequence: number
  readonly event_type: string
  readonly timestamp: string
  readonly payload: string
  readonly schema_version: number
}

/** What a step's row holds of payloads. */
export type StepValues = Pick<StepColumns, 'id' | 'step_key' | 'input' | 'output' | 'output_blob'>

/** Rows of a run that hold parts of its payloads. */
export interface HeldValues {
  /** The run's own row. */
  run(): Pick<RunColumns, (typeof HELD_COLUMNS)[number]> | null
  step(key: string): StepValues | null
  /** JSON text of `raw_output` in the execution log with this id. */
  rawOutput(logId: string): string | null
}

/**
 * Events with what other rows hold of their payloads put back.
 * @throws WorkflowError `JOURNAL_CORRUPT` when such a row is missing.
 */
export function wholeEvents(runId: string, rows: readonly StoredEvent[], held: HeldValues): JournalEvent[] {
  return rows.map((row) => ({
    runId,
    sequence: row.sequence,
    type: row.event_type,
    timestamp: row.timestamp,
    payload: wholePayload(runId, row, held),
    schemaVersion: row.schema_version,
  })) as JournalEvent[]
}

function wholePayload(runId: string, row: StoredEvent, held: HeldValues): object {
  const kept = parsed(runId, row)
  switch (row.event_type) {
    case 'run.created': {
      const run = mustFind(held.run(), runId, row)
      return wholeCreated(kept, run, fromColumns(run.input, run.input_blob))
    }
    case 'run.completed': {
      if ('output' in kept) return kept
      const run = mustFind(held.run(), runId, row)
      return { ...kept, output: fromColumns(run.output, run.output_blob) }
    }
    case 'step.started': {
      const started = wholeStarted(kept)
      if (started.input !== undefined) return started
      const values = held.step(started.key)
      if (values === null || values.input === null || values.id !== `${runId}.${row.sequence}.0`)
        return started
      return { ...started, input: JSON.parse(values.input) as unknown }
    }
    case 'step.completed':
      return 'output' in kept ? kept : wholeCompleted(runId, row, kept, held)
    default:
      return kept
  }
}

function wholeCompleted(runId: string, row: StoredEvent, kept: object, held: HeldValues): object {
  const { key, rawOutput } = kept as { readonly key: string; readonly rawOutput?: null }
  const values = mustFind(held.step(key), runId, row)
  const output: StoredValue = fromColumns(values.output, values.output_blob)
  if (rawOutput === undefined) return { ...kept, output }
  const raw = mustFind(held.rawOutput(`${runId}.${row.sequence}.0`), runId, row)
  return { ...kept, output, rawOutput: JSON.parse(raw) as string }
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
