import type { Page, RunQuery, WorkflowRunRow } from '../contract/index.ts'
import type { RunColumns } from '../projection/rows.ts'
import { runRow } from '../sql/runRow.ts'
import type { RunEntry } from './Runs.ts'

/** Runs are counted up to here; beyond it a list says that the total is not exact. */
const COUNT_LIMIT = 10_000
const DEFAULT_LIMIT = 20
const MAX_LIMIT = 200

/** One page of runs, as the SQL backends answer it. */
export function listRuns(entries: readonly RunEntry[], query: RunQuery): Page<WorkflowRunRow> {
  const page = Math.max(1, Math.floor(query.page ?? 1))
  const limit = Math.min(MAX_LIMIT, Math.max(1, Math.floor(query.limit ?? DEFAULT_LIMIT)))
  const sort = query.sort ?? '-created_at'
  const column = sort.endsWith('started_at') ? 'started_at' : 'created_at'
  const sign = sort.startsWith('-') ? -1 : 1
  const found = entries.map(({ run }) => run).filter((run) => fits(run, query))
  found.sort((a, b) => sign * (compare(a[column] ?? '', b[column] ?? '') || compare(a.id, b.id)))
  const first = (page - 1) * limit
  return {
    items: found.slice(first, first + limit).map((run) => runRow(run)),
    page,
    limit,
    total: Math.min(COUNT_LIMIT, found.length),
    totalExact: found.length <= COUNT_LIMIT,
  }
}

function fits(run: RunColumns, query: RunQuery): boolean {
  const { status } = query
  return (
    isAsked(query.projectId, run.project_id) &&
    isAsked(query.workflowId, run.workflow_id) &&
    isAsked(query.workflowName, run.workflow_name) &&
    isAsked(query.branch, run.git_branch) &&
    isAsked(query.sessionId, run.session_id) &&
    isAsked(query.parentRunId, run.parent_run_id) &&
    isAsked(query.triggeringObjectId, run.triggering_object_id) &&
    (status === undefined ||
      (typeof status === 'string' ? run.status === status : status.includes(run.status)))
  )
}

function isAsked(asked: string | undefined, value: string | null): boolean {
  return asked === undefined || asked === value
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
