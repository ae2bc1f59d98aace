import type { Kysely } from 'kysely'
import type {
  ApprovalRow,
  LlmUsageRow,
  MessageRow,
  WorkflowLogRow,
  WorkflowStepRow,
  RunStore,
} from '../contract/index.ts'
import { bySequence, decodeRow } from './decode.ts'
import type { Tables } from './tables.ts'

/** Steps of a run by their number. */
export async function listSteps(db: Kysely<Tables>, runId: string): Promise<WorkflowStepRow[]> {
  const rows = await db
    .selectFrom('workflow_steps')
    .selectAll()
    .where('run_id', '=', runId)
    .orderBy('step_number')
    .execute()
  return rows.map((row) => decodeRow('workflow_steps', row))
}

/** Log levels from the least to the most important. */
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

/** Log lines by sequence; lines of several steps by time. `level` gives that level and the more important ones. */
export async function listLogs(
  db: Kysely<Tables>,
  query: {
    readonly runId: string
    readonly stepId?: string | null
    readonly level?: WorkflowLogRow['level']
    readonly afterSequence?: number
    readonly limit?: number
  },
): Promise<WorkflowLogRow[]> {
  let lines = db.selectFrom('workflow_logs').selectAll().where('run_id', '=', query.runId)
  if (query.stepId === null) lines = lines.where('step_id', 'is', null)
  else if (query.stepId !== undefined) lines = lines.where('step_id', '=', query.stepId)
  if (query.level !== undefined) lines = lines.where('level', 'in', LEVELS.slice(LEVELS.indexOf(query.level)))
  if (query.afterSequence !== undefined) lines = lines.where('sequence', '>', query.afterSequence)
  lines =
    query.stepId === undefined
      ? lines
          .orderBy('timestamp')
          .orderBy('step_id', (order) => order.asc().nullsFirst())
          .orderBy('sequence')
      : lines.orderBy('sequence')
  if (query.limit !== undefined) lines = lines.limit(query.limit)
  return (await lines.execute()).map((row) => decodeRow('workflow_logs', row))
}

/** Model calls in the order in which they were recorded. */
export async function listUsage(
  db: Kysely<Tables>,
  { runId, stepId }: { readonly runId: string; readonly stepId?: string },
): Promise<LlmUsageRow[]> {
  let query = db.selectFrom('llm_usage').selectAll().where('run_id', '=', runId)
  if (stepId !== undefined) query = query.where('step_id', '=', stepId)
  return (await query.execute()).toSorted(bySequence)
}

/** Questions, open ones first, then newest. */
export async function listQuestions(
  db: Kysely<Tables>,
  { runId, status, kind }: NonNullable<Parameters<RunStore['listApprovals']>[0]>,
): Promise<ApprovalRow[]> {
  let query = db.selectFrom('approvals').selectAll()
  if (runId !== undefined) query = query.where('run_id', '=', runId)
  if (status !== undefined) query = query.where('status', '=', status)
  if (kind !== undefined) query = query.where('kind', '=', kind)
  return asQuestions(await query.execute())
}

/** Rows of `approvals`, open ones first, then newest. */
export function asQuestions(rows: readonly object[]): ApprovalRow[] {
  const questions = rows.map((row) => decodeRow('approvals', row))
  return questions.toSorted(
    (a, b) =>
      Number(b.status === 'open') - Number(a.status === 'open') ||
      b.created_at.localeCompare(a.created_at) ||
      bySequence(b, a),
  )
}

/** Messages as they came; `after` is the id of the last one that is known. */
export async function listChat(
  db: Kysely<Tables>,
  {
    sessionId,
    runId,
    after,
  }: { readonly sessionId?: string; readonly runId?: string; readonly after?: string },
): Promise<MessageRow[]> {
  let query = db.selectFrom('messages').selectAll()
  if (sessionId !== undefined) query = query.where('session_id', '=', sessionId)
  if (runId !== undefined) query = query.where('run_id', '=', runId)
  const rows = (await query.execute()).toSorted(
    (a, b) =>
      a.created_at.localeCompare(b.created_at) ||
      (a.run_id ?? '').localeCompare(b.run_id ?? '') ||
      bySequence(a, b),
  )
  return after === undefined ? rows : rows.slice(rows.findIndex((row) => row.id === after) + 1)
}
