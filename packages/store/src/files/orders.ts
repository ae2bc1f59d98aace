import type { ApprovalRow, MessageRow, RunStore, WorkflowLogRow } from '../contract/index.ts'
import { compareText } from '../lists/pageOfRows.ts'
import { bySequence } from '../sql/decode.ts'

/** Open questions first, then the newest. */
export function byOpenness(a: ApprovalRow, b: ApprovalRow): number {
  return (
    Number(b.status === 'open') - Number(a.status === 'open') ||
    b.created_at.localeCompare(a.created_at) ||
    bySequence(b, a)
  )
}

/** Messages as they came. */
export function byMessageOrder(a: MessageRow, b: MessageRow): number {
  return (
    a.created_at.localeCompare(b.created_at) ||
    (a.run_id ?? '').localeCompare(b.run_id ?? '') ||
    bySequence(a, b)
  )
}

/** Records in the order in which they were made. */
export function byMaking(a: Made, b: Made): number {
  return compareText(a.created_at, b.created_at) || compareText(a.id, b.id)
}

interface Made {
  readonly id: string
  readonly created_at: string
}

/** Log levels from the least to the most important. */
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

/** Log lines by sequence; lines of several steps by time. `level` gives that level and the more important ones. */
export function logsOf(
  rows: readonly WorkflowLogRow[],
  query: Parameters<RunStore['listWorkflowLogs']>[0],
): WorkflowLogRow[] {
  const { stepId, level, afterSequence, limit } = query
  const found = rows.filter(
    (row) =>
      (stepId === undefined || row.step_id === stepId) &&
      (level === undefined || LEVELS.indexOf(row.level) >= LEVELS.indexOf(level)) &&
      (afterSequence === undefined || row.sequence > afterSequence),
  )
  found.sort((a, b) =>
    stepId === undefined
      ? a.timestamp.localeCompare(b.timestamp) ||
        (a.step_id ?? '').localeCompare(b.step_id ?? '') ||
        a.sequence - b.sequence
      : a.sequence - b.sequence,
  )
  return limit === undefined ? found : found.slice(0, limit)
}
