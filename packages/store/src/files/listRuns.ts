import type { Page, RunQuery, WorkflowRunRow } from '../contract/index.ts'
import type { CursorValues } from '../lists/cursor.ts'
import { compareText, pageOfRows } from '../lists/pageOfRows.ts'
import type { RunColumns } from '../projection/rows.ts'
import { runRow } from '../sql/runRow.ts'
import type { RunEntry } from './Runs.ts'

/** One page of runs, as the SQL backends answer it. */
export function listRuns(entries: readonly RunEntry[], query: RunQuery): Page<WorkflowRunRow> {
  const sort = query.sort ?? '-created_at'
  const column = sort.endsWith('started_at') ? 'started_at' : 'created_at'
  const sign = sort.startsWith('-') ? -1 : 1
  const found = entries.map(({ run }) => run).filter((run) => fits(run, query))
  const page = pageOfRows(query, found, {
    sortedBy: (run) => [run[column], run.id],
    compare: (a, b) => sign * compareRuns(a, b),
  })
  return { ...page, items: page.items.map((run) => runRow(run)) }
}

/** A run that has not started counts as started later than all others. */
function compareRuns([a = null, idA = null]: CursorValues, [b = null, idB = null]: CursorValues): number {
  if ((a === null) !== (b === null)) return a === null ? 1 : -1
  return compareText(a ?? '', b ?? '') || compareText(idA ?? '', idB ?? '')
}

function fits(run: RunColumns, query: RunQuery): boolean {
  const { status, minCost, minDurationMs, from, to } = query
  return (
    isAsked(query.projectId, run.project_id) &&
    isAsked(query.workflowId, run.workflow_id) &&
    isAsked(query.workflowName, run.workflow_name) &&
    isAsked(query.version, run.workflow_version) &&
    isAsked(query.branch, run.git_branch) &&
    isAsked(query.sessionId, run.session_id) &&
    isAsked(query.parentRunId, run.parent_run_id) &&
    isAsked(query.triggeringObjectId, run.triggering_object_id) &&
    isAsked(query.idempotencyKey, run.idempotency_key) &&
    (status === undefined ||
      (typeof status === 'string' ? run.status === status : status.includes(run.status))) &&
    (minCost === undefined || (run.cost_estimate !== null && run.cost_estimate >= minCost)) &&
    (minDurationMs === undefined || (run.duration_ms !== null && run.duration_ms >= minDurationMs)) &&
    (from === undefined || run.created_at >= from) &&
    (to === undefined || run.created_at < to) &&
    hasTags(run, query.tags) &&
    mentions(run, query.q)
  )
}

function isAsked<T extends string | number>(asked: T | undefined, value: T | null): boolean {
  return asked === undefined || asked === value
}

function hasTags({ metadata }: RunColumns, tags: RunQuery['tags'] = {}): boolean {
  const asked = Object.entries(tags)
  if (asked.length === 0) return true
  const { tags: has = {} } = JSON.parse(metadata) as { readonly tags?: Readonly<Record<string, string>> }
  return asked.every(([name, value]) => Object.hasOwn(has, name) && has[name] === value)
}

function mentions(run: RunColumns, q: string | undefined): boolean {
  if (q === undefined) return true
  const text = lower(q)
  const places = [run.task_input, run.workflow_name, run.session_name, run.git_branch]
  return run.id.startsWith(text) || places.some((place) => place !== null && lower(place).includes(text))
}

/** Letters A to Z in lower case, as SQLite does it. */
function lower(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
}
