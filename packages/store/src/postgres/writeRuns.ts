import type { PendingRow, PendingRun } from '../projection/RunFold.ts'
import type { ChildTable } from '../projection/rows.ts'
import { columnsOf, type Column, type Columns } from './Columns.ts'
import { toJsonb } from './jsonb.ts'
import type { Statement } from './Session.ts'

type Row = Readonly<Record<string, unknown>>

/** Child tables, each after those that its rows refer to. */
const ORDER = [
  'workflow_steps',
  'execution_logs',
  'agent_sessions',
  'llm_usage',
  'workflow_comments',
  'workflow_artifacts',
  'approvals',
  'messages',
  'workspaces',
  'checkpoints',
  'budget_grants',
  'provider_limits',
] as const satisfies readonly ChildTable[]

/** Statements that write what was folded for many runs: one for each table, however many rows it gets. */
export function writeRuns(columns: Columns, runs: readonly PendingRun[]): Statement[] {
  const rows = runs.flatMap((run) => run.rows)
  const fresh = runs.filter((run) => run.isNew)
  return [
    // The step that a new run stands at is written after the run itself.
    ...insert(
      columns,
      'workflow_runs',
      fresh.map(({ run }) => ({ ...run, current_workflow_step_id: null })),
    ),
    ...ORDER.flatMap((table) => insert(columns, table, insertsOf(table, rows))),
    ...ORDER.flatMap((table) => update(columns, table, updatesOf(table, rows))),
    ...update(columns, 'workflow_runs', runs.flatMap(changeOf)),
    ...insert(columns, 'workflow_events', runs.flatMap(eventsOf)),
  ]
}

function insertsOf(table: ChildTable, rows: readonly PendingRow[]): Row[] {
  const found = new Map<string, Row>()
  for (const row of rows)
    if (row.table === table && 'insert' in row) found.set(row.insert.id, row.insert as unknown as Row)
  return [...found.values()]
}

interface Change {
  readonly id: string
  readonly set: Row
}

function updatesOf(table: ChildTable, rows: readonly PendingRow[]): Change[] {
  return rows.flatMap((row) => (row.table === table && 'set' in row ? [{ id: row.id, set: row.set }] : []))
}

function changeOf({ isNew, run, set }: PendingRun): Change[] {
  if (!isNew) return [{ id: run.id, set }]
  const current = run.current_workflow_step_id
  return current === null ? [] : [{ id: run.id, set: { current_workflow_step_id: current } }]
}

function eventsOf({ run, events }: PendingRun): Row[] {
  return events.map(({ sequence, type, timestamp, payload, schemaVersion, externalId }) => ({
    run_id: run.id,
    sequence,
    event_type: type,
    timestamp,
    payload,
    schema_version: schemaVersion,
    external_id: externalId,
  }))
}

/** One statement that inserts all rows. */
function insert(columns: Columns, table: string, rows: readonly Row[]): Statement[] {
  if (rows.length === 0) return []
  const all = columnsOf(columns, table)
  const names = all.map(({ name }) => `"${name}"`).join(', ')
  const text = `insert into ${table} (${names}) select * from unnest(${placeholders(all, 1)})${UPSERTS[table] ?? ''}`
  return [{ text, values: all.map((column) => rows.map((row) => value(column, row[column.name]))) }]
}

/** The same folder may serve several runs: the newest says what it is now. */
const UPSERTS: Readonly<Record<string, string>> = {
  workspaces: ` on conflict (id) do update set ${[
    'host_id',
    'kind',
    'path',
    'branch',
    'persistent',
    'status',
    'cleaned_at',
  ]
    .map((column) => `${column} = excluded.${column}`)
    .join(', ')}`,
}

/** One statement for all rows that change in the same columns. */
function update(columns: Columns, table: string, changes: readonly Change[]): Statement[] {
  const alike = new Map<string, Change[]>()
  for (const change of changes) {
    const key = Object.keys(change.set).toSorted().join()
    if (key === '') continue
    const group = alike.get(key)
    if (group === undefined) alike.set(key, [change])
    else group.push(change)
  }
  return [...alike].map(([key, group]) => {
    const set = columnsOf(columns, table).filter(({ name }) => key.split(',').includes(name))
    const assignments = set.map(({ name }) => `"${name}" = v."${name}"`).join(', ')
    const names = set.map(({ name }) => `"${name}"`).join(', ')
    return {
      text: `update ${table} t set ${assignments}
        from unnest($1::text[], ${placeholders(set, 2)}) as v(id, ${names}) where t.id = v.id`,
      values: [
        group.map(({ id }) => id),
        ...set.map((column) => group.map((change) => value(column, change.set[column.name]))),
      ],
    }
  })
}

function placeholders(columns: readonly Column[], from: number): string {
  return columns.map(({ type }, i) => `$${from + i}::${type}[]`).join(', ')
}

function value({ type }: Column, given: unknown): unknown {
  return type === 'jsonb' && typeof given === 'string' ? toJsonb(given) : given
}
