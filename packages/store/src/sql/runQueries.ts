import type { Page, RunQuery, WorkflowRunRow } from '../contract/index.ts'
import { decodeRow } from './decode.ts'
import type { CursorValues } from '../lists/cursor.ts'
import { pageOf } from './paging.ts'
import type { Script, ScriptRunner } from './Script.ts'
import { contains, joined, raw, sql, type Statement } from './statement.ts'

type Dialect = ScriptRunner['dialect']
type Sorted = 'created_at' | 'started_at'

/** One page of runs. A run that has not started counts as started later than all others. */
export function* listRuns(query: RunQuery, dialect: Dialect): Script<Page<WorkflowRunRow>> {
  const sort = query.sort ?? '-created_at'
  const column = sort.endsWith('started_at') ? 'started_at' : 'created_at'
  const isDescending = sort.startsWith('-')
  return yield* pageOf<Pick<WorkflowRunRow, Sorted | 'id'>, WorkflowRunRow>(query, {
    columns: raw('*'),
    from: raw('workflow_runs'),
    conditions: conditionsOf(query, dialect),
    behind: (last) => behind(column, isDescending, last),
    orderBy: raw(isDescending ? `${column} desc nulls first, id desc` : `${column} asc nulls last, id`),
    sortedBy: (run) => [run[column], run.id],
    decode: (run) => decodeRow('workflow_runs', run),
  })
}

function behind(column: Sorted, isDescending: boolean, [at = null, id = null]: CursorValues): Statement {
  const key = raw(column)
  if (at === null)
    return isDescending ? sql`(${key} is not null or id < ${id})` : sql`${key} is null and id > ${id}`
  return isDescending
    ? sql`(${key}, id) < (${at}, ${id})`
    : sql`((${key}, id) > (${at}, ${id}) or ${key} is null)`
}

/** Columns that are compared for equality. */
const EQUAL = {
  workflowId: 'workflow_id',
  workflowName: 'workflow_name',
  version: 'workflow_version',
  branch: 'git_branch',
  sessionId: 'session_id',
  parentRunId: 'parent_run_id',
  triggeringObjectId: 'triggering_object_id',
  idempotencyKey: 'idempotency_key',
} as const satisfies Partial<Record<keyof RunQuery, string>>

function conditionsOf(query: RunQuery, dialect: Dialect): Statement[] {
  const conditions: Statement[] = []
  // Most stores hold one project: its index would only keep the one that gives the order from being used.
  if (query.projectId !== undefined) conditions.push(sql`project_id || '' = ${query.projectId}`)
  for (const name of Object.keys(EQUAL) as (keyof typeof EQUAL)[]) {
    const value = query[name]
    if (value !== undefined) conditions.push(sql`${raw(EQUAL[name])} = ${value}`)
  }
  if (typeof query.status === 'string') conditions.push(sql`status = ${query.status}`)
  else if (query.status !== undefined) {
    const statuses = query.status.map((status) => sql`${status}`)
    conditions.push(sql`status in (${joined(statuses, ', ')})`)
  }
  if (query.minCost !== undefined) conditions.push(sql`cost_estimate >= ${query.minCost}`)
  if (query.minDurationMs !== undefined) conditions.push(sql`duration_ms >= ${query.minDurationMs}`)
  if (query.from !== undefined) conditions.push(sql`created_at >= ${query.from}`)
  if (query.to !== undefined) conditions.push(sql`created_at < ${query.to}`)
  if (query.tags !== undefined) conditions.push(...tagged(query.tags, dialect))
  if (query.q !== undefined) conditions.push(mentions(query.q))
  return conditions
}

/** Holds for runs with all of these tags, found in the index on `metadata`. */
function tagged(tags: Readonly<Record<string, string>>, dialect: Dialect): Statement[] {
  const entries = Object.entries(tags)
  if (entries.length === 0) return []
  if (dialect === 'postgres') return [sql`metadata @> cast(${JSON.stringify({ tags })} as jsonb)`]
  // The index of SQLite holds the runs that have any metadata.
  return [
    sql`metadata != '{}'`,
    ...entries.map(
      ([name, value]) =>
        sql`exists (select 1 from json_each(metadata, '$.tags') as tag where tag.key = ${name} and tag.value = ${value})`,
    ),
  ]
}

function mentions(text: string): Statement {
  const columns = ['task_input', 'workflow_name', 'session_name', 'git_branch']
  const places = columns.map((column) => contains(column, text))
  return sql`(${joined(places, ' or ')} or substr(id, 1, ${text.length}) = ${text.toLowerCase()})`
}
