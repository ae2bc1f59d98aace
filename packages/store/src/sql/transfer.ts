import type { TransferredRow, TransferredRows, TransferredRun } from '../contract/index.ts'
import { decodeRow } from './decode.ts'
import { all, first, run, type Script } from './Script.ts'
import { insert, joined, raw, sql, type SqlValue } from './statement.ts'

type Table = keyof TransferredRows

/** Tables of rows that come before runs, parents first. */
export const ROWS_BEFORE_RUNS = [
  'projects',
  'workflow_definitions',
  'workflow_versions',
  'prompt_definitions',
  'prompt_labels',
  'workflow_nodes',
  'triggers',
  'schedules',
  'sessions',
] as const satisfies readonly Table[]

/** Tables of rows that come after runs. */
export const ROWS_AFTER_RUNS = ['workspaces', 'workflow_logs'] as const satisfies readonly Table[]

/** Whether nothing lies in the store yet that a copy could meet. */
export function* isEmptyStore(): Script<boolean> {
  const project = yield* first(sql`select 1 as one from projects limit 1`)
  const blob = yield* first(sql`select 1 as one from blobs limit 1`)
  return project === null && blob === null
}

/** Some rows of a table in the order of their keys, after the one that is known. */
export function* exportRows(
  table: Table,
  after: TransferredRow | null,
  limit: number,
): Script<TransferredRow[]> {
  const keys = table === 'prompt_labels' ? ['project_id', 'name', 'label'] : ['id']
  const columns = raw(keys.join(', '))
  const last = after?.row as Readonly<Record<string, string>> | undefined
  const values = keys.map((key) => sql`${last?.[key] ?? ''}`)
  const rows = yield* all<object>(
    sql`select * from ${raw(table)} where (${columns}) > (${joined(values, ', ')})
      order by ${columns} limit ${limit}`,
  )
  return rows.map((row) => ({ table, row: decoded(table, row) }) as TransferredRow)
}

function decoded(table: Table, row: object): object {
  switch (table) {
    case 'projects':
    case 'sessions':
    case 'schedules':
    case 'prompt_labels':
      return { ...row }
    default:
      return decodeRow(table, row)
  }
}

/** Puts a row where nothing lies, or in the place of what events of runs made. */
export function* importRow({ table, row }: TransferredRow): Script<void> {
  if (table === 'workspaces') yield* run(sql`delete from workspaces where id = ${row.id}`)
  const json = JSON_COLUMNS[table] ?? []
  const values = Object.entries(row).map(([column, value]): [string, SqlValue] => {
    const isText = json.includes(column) && (value !== null || column === 'config')
    return [column, isText ? JSON.stringify(value) : (value as SqlValue)]
  })
  yield* run(insert(table, Object.fromEntries(values)))
}

/** JSON columns of a table; only `config` is never null. */
const JSON_COLUMNS: Partial<Record<Table, readonly string[]>> = {
  workflow_definitions: ['config'],
  workflow_versions: ['config'],
  prompt_definitions: ['generation_config', 'template_variables', 'output_schema'],
  workflow_nodes: ['step_config', 'condition_rules'],
  workflow_logs: ['data'],
}

/** A run as the table holds it. */
type RunRow = Omit<TransferredRun, 'activeMs' | 'steps'> & {
  readonly activeMs: number | string
  readonly steps: number | string
  readonly ownerToken: string | null
  readonly updatedAt: string
}

/** Some runs in the order of their ids, after the one that is known. */
export function* exportRuns(after: string, limit: number): Script<TransferredRun[]> {
  const rows = yield* all<RunRow>(
    sql`select id, status, due_at as "dueAt", left_because as "leftBecause", active_ms as "activeMs",
        last_sequence as "lastSequence", queue_rank as "queueRank", held_by as "heldBy", held_at as "heldAt",
        host_id as "hostId", owner_token as "ownerToken", updated_at as "updatedAt",
        (select count(*) from workflow_steps where run_id = workflow_runs.id) as steps
      from workflow_runs where id > ${after} order by id limit ${limit}`,
  )
  return rows.map(({ ownerToken, updatedAt, ...row }) => ({
    ...row,
    dueAt: ownerToken === null ? row.dueAt : updatedAt,
    leftBecause: ownerToken === null ? row.leftBecause : 'takeover',
    activeMs: Number(row.activeMs),
    steps: Number(row.steps),
  }))
}
