import { sql, type Kysely, type OrderByItemBuilder, type SelectQueryBuilder } from 'kysely'
import type { Page, RunQuery, WorkflowRunRow } from '../contract/index.ts'
import { decodeRow } from './decode.ts'
import type { Tables } from './tables.ts'

/** Runs are counted up to here; beyond it a list says that the total is not exact. */
const COUNT_LIMIT = 10_000
const DEFAULT_LIMIT = 20
const MAX_LIMIT = 200

/** One page of runs. */
export async function listRuns(db: Kysely<Tables>, query: RunQuery): Promise<Page<WorkflowRunRow>> {
  const page = Math.max(1, Math.floor(query.page ?? 1))
  const limit = Math.min(MAX_LIMIT, Math.max(1, Math.floor(query.limit ?? DEFAULT_LIMIT)))
  const sort = query.sort ?? '-created_at'
  const column = sort.endsWith('started_at') ? 'started_at' : 'created_at'
  const direction = sort.startsWith('-') ? 'desc' : 'asc'
  const rows = await filtered(db, query)
    .selectAll()
    .orderBy(column, column === 'started_at' ? NULLS_AS_LEAST[direction] : direction)
    .orderBy('id', direction)
    .limit(limit)
    .offset((page - 1) * limit)
    .execute()
  const counted = await db
    .selectFrom(
      filtered(db, query)
        .select(sql`1`.as('one'))
        .limit(COUNT_LIMIT + 1)
        .as('some'),
    )
    .select(sql<number>`count(*)`.as('count'))
    .executeTakeFirstOrThrow()
  return {
    items: rows.map((row) => decodeRow('workflow_runs', row)),
    page,
    limit,
    total: Math.min(COUNT_LIMIT, counted.count),
    totalExact: counted.count <= COUNT_LIMIT,
  }
}

/** Runs that have not started come before those that have, on every database. */
const NULLS_AS_LEAST = {
  asc: (order: OrderByItemBuilder) => order.asc().nullsFirst(),
  desc: (order: OrderByItemBuilder) => order.desc().nullsLast(),
} as const

function filtered(db: Kysely<Tables>, query: RunQuery): SelectQueryBuilder<Tables, 'workflow_runs', object> {
  let runs = db.selectFrom('workflow_runs')
  // Most stores hold one project: its index would only keep the one that gives the order from being used.
  if (query.projectId !== undefined)
    runs = runs.where(sql<boolean>`${sql.ref('project_id')} || '' = ${query.projectId}`)
  if (query.workflowId !== undefined) runs = runs.where('workflow_id', '=', query.workflowId)
  if (query.workflowName !== undefined) runs = runs.where('workflow_name', '=', query.workflowName)
  if (query.branch !== undefined) runs = runs.where('git_branch', '=', query.branch)
  if (query.sessionId !== undefined) runs = runs.where('session_id', '=', query.sessionId)
  if (query.parentRunId !== undefined) runs = runs.where('parent_run_id', '=', query.parentRunId)
  if (query.triggeringObjectId !== undefined) {
    runs = runs.where('triggering_object_id', '=', query.triggeringObjectId)
  }
  if (typeof query.status === 'string') runs = runs.where('status', '=', query.status)
  else if (query.status !== undefined) runs = runs.where('status', 'in', [...query.status])
  return runs
}
