import type { WorkflowLogRow } from '../contract/index.ts'
import { columnText } from '../payload/text.ts'
import { jsonText } from '../projection/rows.ts'
import type { Batch } from './Batch.ts'
import { toJsonb } from './jsonb.ts'
import type { Named } from './needsOf.ts'

type NewLine = Omit<WorkflowLogRow, 'id' | 'sequence' | 'timestamp'>

/**
 * Gives each line the next sequence of its step, or of its run. A line must not fail the work that it tells
 * of: where the step has no row yet it is kept with the run, and where the run was deleted it is left out.
 */
export function appendLogs(tx: Batch, lines: readonly NewLine[]): void {
  const rows = lines.flatMap((line) => {
    if (tx.load(line.run_id) === null) return []
    const { run_id: runId, level, message, data } = line
    const stepId = line.step_id !== null && tx.hasStep(runId, line.step_id) ? line.step_id : null
    const count = stepId ?? runId
    const sequence = tx.nextNumber(count, () => tx.facts.get<number>({ kind: 'log', runId, stepId }))
    return [
      {
        id: `${count}.log.${sequence}`,
        runId,
        stepId,
        sequence,
        level,
        message: columnText(message),
        data: data === null ? null : toJsonb(jsonText(data)),
      },
    ]
  })
  if (rows.length === 0) return
  const all = <K extends keyof (typeof rows)[number]>(field: K) => rows.map((row) => row[field])
  tx.also(
    INSERT,
    all('id'),
    all('runId'),
    all('stepId'),
    all('sequence'),
    all('level'),
    all('message'),
    all('data'),
    tx.timestamp,
  )
}

/** What a write of these lines asks for. */
appendLogs.needs = (lines: readonly NewLine[]): Named => ({
  runs: lines.map((line) => line.run_id),
  length: lines.reduce((sum, { message }) => sum + message.length, 0),
  needs: lines.flatMap(({ run_id: runId, step_id: stepId }) => [
    { kind: 'log', runId, stepId } as const,
    ...(stepId === null ? [] : [{ kind: 'stepId', key: stepId } as const]),
  ]),
})

const INSERT = `insert into workflow_logs (id, run_id, step_id, sequence, level, message, data, timestamp)
  select l.*, $8::timestamptz from unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::text[],
    $6::text[], $7::jsonb[]) as l`
