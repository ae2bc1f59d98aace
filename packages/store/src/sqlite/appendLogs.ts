import type { WorkflowLogRow } from '../contract/index.ts'
import { columnText } from '../payload/text.ts'
import { jsonText } from '../projection/rows.ts'
import type { SqliteTransaction } from './SqliteTransaction.ts'

type NewLine = Omit<WorkflowLogRow, 'id' | 'sequence' | 'timestamp'>

/**
 * Gives each line the next sequence of its step, or of its run. A line must not fail the work that it tells
 * of: where the step has no row yet it is kept with the run, and where the run was deleted it is left out.
 */
export function appendLogs(tx: SqliteTransaction, lines: readonly NewLine[]): void {
  tx.flush()
  const next = new Map<string, number>()
  const exists = new Map<string, boolean>()
  const has = (table: string, id: string): boolean => {
    const known = exists.get(id)
    if (known !== undefined) return known
    const found = tx.connection.get(`select 1 from ${table} where id = ?`, id) !== null
    exists.set(id, found)
    return found
  }
  for (const line of lines) {
    if (!has('workflow_runs', line.run_id)) continue
    const stepId = line.step_id !== null && has('workflow_steps', line.step_id) ? line.step_id : null
    const counter = stepId ?? line.run_id
    const sequence = next.get(counter) ?? lastSequence(tx, line.run_id, stepId) + 1
    next.set(counter, sequence + 1)
    const { level, message, data } = line
    tx.connection.run(
      INSERT,
      `${counter}.log.${sequence}`,
      line.run_id,
      stepId,
      sequence,
      level,
      columnText(message),
      data === null ? null : jsonText(data),
      tx.timestamp,
    )
  }
}

function lastSequence(tx: SqliteTransaction, runId: string, stepId: string | null): number {
  const row =
    stepId === null
      ? tx.connection.get<{ last: number | null }>(LAST_OF_RUN, runId)
      : tx.connection.get<{ last: number | null }>(LAST_OF_STEP, stepId)
  return row?.last ?? 0
}

const INSERT = `insert into workflow_logs (id, run_id, step_id, sequence, level, message, data, timestamp)
  values (?, ?, ?, ?, ?, ?, ?, ?)`
const LAST_OF_STEP = 'select max(sequence) as last from workflow_logs where step_id = ?'
const LAST_OF_RUN = 'select max(sequence) as last from workflow_logs where run_id = ? and step_id is null'
