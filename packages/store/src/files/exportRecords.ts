import { isTerminal } from '@holdfast/workflow-sdk'
import type { TransferRecord, TransferredRow, TransferredRun } from '../contract/index.ts'
import type { RunColumns } from '../projection/rows.ts'
import { compareText } from '../lists/pageOfRows.ts'
import { decodeRow } from '../sql/decode.ts'
import { definitionRow, readVersion } from './definitionOperations.ts'
import { namesByTime, readIfThere } from './io.ts'
import type { Layout } from './layout.ts'
import type { LogLines } from './LogLines.ts'
import { promptRow } from './promptRecords.ts'
import { eventOf, readLines } from './readLines.ts'
import type { Records, RecordTable } from './Records.ts'
import type { RunState } from './RunState.ts'
import type { Runs } from './Runs.ts'
import { nodeRow } from './triggerCalls.ts'

/** Most events in one record. */
const CHUNK = 500

interface Parts {
  readonly layout: Layout
  readonly runs: Runs
  readonly records: Records
  readonly logs: LogLines
}

/**
 * Everything in a store but workers: rows as they are now, and of each run what it holds now.
 * @throws WorkflowError `JOURNAL_CORRUPT` for a run that cannot be read: a copy lacks nothing.
 */
export function* exportRecords(parts: Parts): Generator<TransferRecord> {
  const { layout, runs, logs } = parts
  const before = rowsBeforeRuns(parts)
  const workspaces = parts.records.list('workspaces').toSorted(byId)
  // Rows are replaced, never changed: these stay as they are at this moment.
  const entries = runs.all().toSorted((a, b) => compareText(a.run.id, b.run.id))
  for (const damage of runs.damaged()) throw damage
  yield* before
  for (const folder of namesByTime(layout.blobs)) {
    for (const hash of namesByTime(`${layout.blobs}/${folder}`)) {
      const bytes = /^[0-9a-f]{64}$/.test(hash) ? readIfThere(layout.blob(hash)) : null
      if (bytes !== null) yield { table: 'blobs', hash, bytes }
    }
  }
  for (const { run, trouble } of entries) {
    if (trouble !== null) throw trouble
    const state = runs.state(run.id)
    if (state === null) continue
    for (let sequence = 0; sequence < run.last_sequence; sequence += CHUNK) {
      const lines = readLines(layout, state, sequence, Math.min(CHUNK, run.last_sequence - sequence))
      yield {
        table: 'workflow_events',
        runId: run.id,
        events: lines.map((line) => eventOf(run.id, line)),
      }
    }
    yield { table: 'workflow_runs', run: transferred(run, state) }
  }
  for (const row of workspaces) yield { table: 'workspaces', row: decodeRow('workspaces', row) }
  for (const { run } of entries)
    for (const row of logs.read(run.id).rows) yield { table: 'workflow_logs', row }
}

function rowsBeforeRuns({ layout, records }: Parts): TransferredRow[] {
  const list = <T extends RecordTable>(table: T) => records.list(table).toSorted(byId)
  const definitions = list('workflow_definitions')
  return [
    ...list('projects').map((row): TransferredRow => ({ table: 'projects', row })),
    ...definitions.map((row): TransferredRow => ({
      table: 'workflow_definitions',
      row: definitionRow(row),
    })),
    ...definitions.flatMap(({ id, versions }) =>
      versions.flatMap(({ version }): TransferredRow[] => {
        const row = readVersion(layout, id, version)
        return row === null ? [] : [{ table: 'workflow_versions', row }]
      }),
    ),
    ...list('prompt_definitions').map((row): TransferredRow => ({
      table: 'prompt_definitions',
      row: promptRow(row),
    })),
    ...list('prompt_labels').map(({ id: _id, ...row }): TransferredRow => ({ table: 'prompt_labels', row })),
    ...list('workflow_nodes').map((row): TransferredRow => ({ table: 'workflow_nodes', row: nodeRow(row) })),
    ...list('triggers').map((row): TransferredRow => ({ table: 'triggers', row })),
    ...list('schedules').map((row): TransferredRow => ({ table: 'schedules', row })),
    ...list('sessions').map((row): TransferredRow => ({ table: 'sessions', row })),
  ]
}

function transferred(run: RunColumns, { tables }: RunState): TransferredRun {
  const isOwned = run.owner_token !== null && !isTerminal(run.status)
  return {
    id: run.id,
    dueAt: isOwned ? run.updated_at : run.due_at,
    leftBecause: isOwned ? 'takeover' : run.left_because,
    activeMs: run.active_ms,
    queueRank: run.queue_rank,
    heldBy: run.held_by,
    heldAt: run.held_at,
    hostId: run.host_id,
    lastSequence: run.last_sequence,
    status: run.status,
    // Steps that were made since are not among the events that are given.
    steps: [...tables.workflow_steps.keys()].filter((id) => madeAt(id) <= run.last_sequence).length,
  }
}

/** Sequence of the event that made a row, `{runId}.{sequence}.{index}`. */
function madeAt(rowId: string): number {
  return Number(rowId.split('.').at(-2))
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return compareText(a.id, b.id)
}
