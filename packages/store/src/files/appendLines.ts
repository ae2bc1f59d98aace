import type { WorkflowLogRow } from '../contract/index.ts'
import { columnText } from '../payload/text.ts'
import type { FileTransaction } from './FileTransaction.ts'

/** A log line that has no number yet. */
export type NewLine = Omit<WorkflowLogRow, 'id' | 'sequence' | 'timestamp'>

/**
 * Gives each line the next number of its step, or of its run. A line must not fail the work that it tells of:
 * where the step has no row yet it is kept with the run, and where there is no such run it is left out.
 */
export function appendLines(tx: FileTransaction, lines: readonly NewLine[]): void {
  for (const [runId, ofRun] of Map.groupBy(lines, ({ run_id }) => run_id)) {
    const open = tx.open(runId)
    if (open === null) continue
    const steps = open.before.tables.workflow_steps
    const opened = new Set([...open.fold.facts.openSteps()].map(({ id }) => id))
    const exists = (id: string): boolean => steps.has(id) || opened.has(id)
    const last = new Map(tx.logs.of(runId).last)
    for (const { step_id, sequence } of tx.linesOf(runId)) last.set(step_id ?? '', sequence)
    const rows = ofRun.map(({ step_id, level, message, data }): WorkflowLogRow => {
      const step = step_id !== null && exists(step_id) ? step_id : null
      const sequence = (last.get(step ?? '') ?? 0) + 1
      last.set(step ?? '', sequence)
      const id = `${step ?? runId}.log.${sequence}`
      const { timestamp } = tx
      return {
        id,
        run_id: runId,
        step_id: step,
        sequence,
        level,
        message: columnText(message),
        data,
        timestamp,
      }
    })
    tx.addLines(runId, rows)
  }
}
