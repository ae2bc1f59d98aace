import type { RunQuery } from '../contract/index.ts'
import type { ScriptRunner } from './Script.ts'
import { contains, joined, raw, sql, type Statement } from './statement.ts'

/** One condition of a list of runs. */
export interface RunCondition {
  /** The column that it compares with one value; null for other conditions. */
  readonly column: string | null
  readonly text: Statement
  /** The same in words that SQLite finds in no index. */
  readonly unindexed: Statement
}

/** Columns that are compared with one value. */
const EQUAL = {
  projectId: 'project_id',
  workflowId: 'workflow_id',
  workflowName: 'workflow_name',
  version: 'workflow_version',
  branch: 'git_branch',
  sessionId: 'session_id',
  parentRunId: 'parent_run_id',
  triggeringObjectId: 'triggering_object_id',
  idempotencyKey: 'idempotency_key',
} as const satisfies Partial<Record<keyof RunQuery, string>>

/** What a query asks of runs; the time of creation is {@link createdBetween}. */
export function runConditions(query: RunQuery, dialect: ScriptRunner['dialect']): RunCondition[] {
  const conditions: RunCondition[] = []
  for (const name of Object.keys(EQUAL) as (keyof typeof EQUAL)[]) {
    const value = query[name]
    if (value !== undefined) conditions.push(equal(EQUAL[name], value))
  }
  if (typeof query.status === 'string') conditions.push(equal('status', query.status))
  else if (query.status !== undefined) {
    const statuses = joined(
      query.status.map((status) => sql`${status}`),
      ', ',
    )
    const [text, unindexed] = [sql`status in (${statuses})`, sql`+status in (${statuses})`]
    conditions.push({ column: null, text, unindexed })
  }
  if (query.minCost !== undefined) conditions.push(other(sql`cost_estimate >= ${query.minCost}`))
  if (query.minDurationMs !== undefined) conditions.push(other(sql`duration_ms >= ${query.minDurationMs}`))
  if (query.tags !== undefined && Object.keys(query.tags).length > 0)
    conditions.push(tagged(query.tags, dialect))
  if (query.q !== undefined) conditions.push(other(mentions(query.q)))
  return conditions
}

/** Conditions on the time of creation. */
export function createdBetween({ from, to }: RunQuery): Statement[] {
  return [
    ...(from === undefined ? [] : [sql`created_at >= ${from}`]),
    ...(to === undefined ? [] : [sql`created_at < ${to}`]),
  ]
}

function equal(column: string, value: string | number): RunCondition {
  return { column, text: sql`${raw(column)} = ${value}`, unindexed: sql`+${raw(column)} = ${value}` }
}

function other(text: Statement): RunCondition {
  return { column: null, text, unindexed: text }
}

/** Holds for runs with all of these tags, found in the index on `metadata`. */
function tagged(tags: Readonly<Record<string, string>>, dialect: ScriptRunner['dialect']): RunCondition {
  if (dialect === 'postgres') return other(sql`metadata @> cast(${JSON.stringify({ tags })} as jsonb)`)
  const each = Object.entries(tags).map(
    ([name, value]) =>
      sql`exists (select 1 from json_each(metadata, '$.tags') as tag where tag.key = ${name} and tag.value = ${value})`,
  )
  const all = joined(each, ' and ')
  // The index of SQLite holds the runs that have any metadata.
  return {
    column: null,
    text: sql`metadata != '{}' and ${all}`,
    unindexed: sql`+metadata != '{}' and ${all}`,
  }
}

function mentions(text: string): Statement {
  const columns = ['task_input', 'workflow_name', 'session_name', 'git_branch']
  const places = columns.map((column) => contains(column, text))
  return sql`(${joined(places, ' or ')} or substr(id, 1, ${text.length}) = ${text.toLowerCase()})`
}
