import type { TerminalStatus } from '@holdfast/workflow-sdk'
import type { EventOf } from '@holdfast/workflow-sdk/journal'
import { toColumns } from '../payload/stored.ts'
import { columnText } from '../payload/text.ts'
import { runChange, type RowChange } from './changes.ts'
import { logOfAttempt } from './executionLog.ts'
import type { Known } from './Known.ts'
import { rowId } from './rowId.ts'
import { jsonText, type RunColumns } from './rows.ts'

/** An event that ends a run. */
export type EndEvent = EventOf<
  'run.completed' | 'run.failed' | 'run.cancelled' | 'run.killed' | 'run.timed_out'
>

/** The end of a run: nothing below it stays open, and nobody owns it any more. */
export function projectEnd(event: EndEvent, known: Known): RowChange[] {
  const { run } = known
  const changes: RowChange[] = []
  let made = 0
  for (const step of known.openSteps()) {
    const log = logOfAttempt(step, known, {
      id: rowId(event, made),
      status: 'CANCELLED',
      attempt: step.attempt_number,
      at: event.timestamp,
      durationMs: null,
      error: `The run ended as ${STATUS[event.type]}.`,
      rawOutput: null,
    })
    const set = { status: 'cancelled', completed_at: event.timestamp, updated_at: event.timestamp } as const
    changes.push({
      table: 'workflow_steps',
      id: step.id,
      set: log === null ? set : { ...set, logged_attempt: step.attempt_number },
    })
    if (log === null) continue
    changes.push(log)
    made++
  }
  for (const session of known.runningSessions()) {
    changes.push({
      table: 'agent_sessions',
      id: session.id,
      set: { status: 'failed', completed_at: event.timestamp },
    })
  }
  for (const approval of known.openApprovals()) {
    changes.push({ table: 'approvals', id: approval.id, set: { status: 'withdrawn' } })
  }
  changes.push(
    runChange({
      ...endColumns(event),
      status: STATUS[event.type],
      completed_at: event.timestamp,
      duration_ms:
        run.started_at === null
          ? null
          : Math.max(0, Date.parse(event.timestamp) - Date.parse(run.started_at)),
      current_workflow_step_id: known.lastStepId(),
      waiting_for: null,
      owner_token: null,
      worker_id: null,
      due_at: null,
      held_by: null,
      held_at: null,
    }),
  )
  return changes
}

const STATUS = {
  'run.completed': 'completed',
  'run.failed': 'failed',
  'run.cancelled': 'cancelled',
  'run.killed': 'killed',
  'run.timed_out': 'timed_out',
} as const satisfies Record<EndEvent['type'], TerminalStatus>

function endColumns(event: EndEvent): Partial<RunColumns> {
  switch (event.type) {
    case 'run.completed': {
      const { json, blob } = toColumns(event.payload.output)
      const { result, activeMs } = event.payload
      return { output: json, output_blob: blob, result: columnText(result), active_ms: activeMs }
    }
    case 'run.killed':
      return {}
    default: {
      const { error, activeMs } = event.payload
      if (error === null) return { active_ms: activeMs }
      return { active_ms: activeMs, error: jsonText(error), error_message: columnText(error.message) }
    }
  }
}
