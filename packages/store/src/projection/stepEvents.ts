import type { EventOf } from '@holdfast/workflow-sdk/journal'
import { toColumns } from '../payload/stored.ts'
import { columnText, columnTextOrNull } from '../payload/text.ts'
import { runChange, type RowChange } from './changes.ts'
import { logOfAttempt, type FinishedAttempt } from './executionLog.ts'
import type { Known, StepFacts } from './Known.ts'
import { rowId } from './rowId.ts'
import { jsonText, type StepColumns } from './rows.ts'
import { projectStateEvent } from './stateEvents.ts'

type StepEnd = EventOf<'step.completed' | 'step.failed' | 'step.skipped' | 'step.cancelled'>
type StepEvent = StepEnd | EventOf<'step.started' | 'step.updated' | 'step.retrying'>

/** What a `step.…` event does. An event about a step that never started makes no row. */
export function projectStepEvent(event: StepEvent, known: Known): RowChange[] {
  if (event.type === 'step.updated') return []
  if (event.type === 'step.started') return started(event, known)
  const step = known.step(event.payload.key)
  if (step === null || isOver(step)) return []
  return event.type === 'step.retrying' ? retrying(event, step, known) : ended(event, step, known)
}

/** Whether a step has its result. A failed one may be tried again by a person (S6). */
function isOver(step: StepFacts): boolean {
  return step.status === 'completed' || step.status === 'skipped' || step.status === 'cancelled'
}

function started(event: EventOf<'step.started'>, known: Known): RowChange[] {
  const { key, attempt } = event.payload
  const step = event.payload.stepNumber > known.run.last_step_number ? null : known.step(key)
  if (step === null) return firstStart(event, known)
  if (isOver(step) || attempt <= step.attempt_number) return []
  const set: Partial<StepColumns> = {
    status: 'running',
    attempt_number: attempt,
    max_attempts: event.payload.maxAttempts,
    completed_at: null,
    duration_ms: null,
    error: null,
    attempt_tokens: null,
    attempt_cost: null,
    updated_at: event.timestamp,
  }
  if (event.payload.logFilePath !== undefined) set.log_file_path = columnText(event.payload.logFilePath)
  return [{ table: 'workflow_steps', id: step.id, set }, runChange({ current_workflow_step_id: step.id })]
}

function firstStart(event: EventOf<'step.started'>, known: Known): RowChange[] {
  const { payload, timestamp } = event
  const id = rowId(event)
  const insert: StepColumns = {
    id,
    run_id: event.runId,
    step_key: columnText(payload.key),
    step_number: payload.stepNumber,
    parent_step_id: payload.parentKey === null ? null : (known.step(payload.parentKey)?.id ?? null),
    name: columnText(payload.name),
    kind: payload.kind,
    status: 'running',
    started_at: timestamp,
    completed_at: null,
    duration_ms: null,
    input: payload.input === undefined ? null : jsonText(payload.input),
    output: null,
    output_blob: null,
    error: null,
    attempt_number: payload.attempt,
    max_attempts: payload.maxAttempts,
    log_file_path: columnTextOrNull(payload.logFilePath),
    created_at: timestamp,
    updated_at: timestamp,
    logged_attempt: 0,
    attempt_tokens: null,
    attempt_cost: null,
  }
  const last_step_number = Math.max(known.run.last_step_number, payload.stepNumber)
  return [{ table: 'workflow_steps', insert }, runChange({ current_workflow_step_id: id, last_step_number })]
}

function retrying(event: EventOf<'step.retrying'>, step: StepFacts, known: Known): RowChange[] {
  const { attempt, error, durationMs } = event.payload
  return finish(event, step, known, {
    set: { status: 'retrying', error: jsonText(error), updated_at: event.timestamp },
    log: { status: 'FAILURE', attempt, durationMs, error: error.message, rawOutput: null },
  })
}

function ended(event: StepEnd, step: StepFacts, known: Known): RowChange[] {
  const { set, log } = ending(event, step)
  const total = step.started_at === null ? 0 : Date.parse(event.timestamp) - Date.parse(step.started_at)
  const changes = finish(event, step, known, {
    set: {
      ...set,
      completed_at: event.timestamp,
      duration_ms: Math.max(0, total, log.durationMs ?? 0),
      updated_at: event.timestamp,
    },
    log,
  })
  if (known.run.current_workflow_step_id === step.id) {
    const next = newestOpen(known, step)
    if (next !== null) changes.push(runChange({ current_workflow_step_id: next.id }))
  }
  // A step inside another changes the state when that one completes, whose event carries its changes too (R5).
  if (event.type === 'step.completed' && step.parent_step_id === null)
    changes.push(...projectStateEvent(event.payload.state ?? [], known))
  return changes
}

type Log = Omit<FinishedAttempt, 'id' | 'at'>

function ending(event: StepEnd, step: StepFacts): { readonly set: Partial<StepColumns>; readonly log: Log } {
  switch (event.type) {
    case 'step.completed': {
      const { attempt, output, rawOutput, durationMs } = event.payload
      const { json, blob } = toColumns(output)
      const raw = rawOutput === undefined ? null : jsonText(rawOutput)
      return {
        set: { status: 'completed', output: json, output_blob: blob, error: null },
        log: { status: 'SUCCESS', attempt, durationMs, error: null, rawOutput: raw },
      }
    }
    case 'step.failed': {
      const { attempt, error, durationMs } = event.payload
      return {
        set: { status: 'failed', error: jsonText(error) },
        log: { status: 'FAILURE', attempt, durationMs, error: error.message, rawOutput: null },
      }
    }
    case 'step.skipped':
      return {
        set: { status: 'skipped' },
        log: {
          status: 'SKIPPED',
          attempt: step.attempt_number,
          durationMs: null,
          error: null,
          rawOutput: null,
        },
      }
    case 'step.cancelled': {
      const { attempt, reason, durationMs } = event.payload
      return {
        set: { status: 'cancelled' },
        log: { status: 'CANCELLED', attempt, durationMs, error: reason, rawOutput: null },
      }
    }
  }
}

function finish(
  event: StepEnd | EventOf<'step.retrying'>,
  step: StepFacts,
  known: Known,
  end: { readonly set: Partial<StepColumns>; readonly log: Log },
): RowChange[] {
  const log = logOfAttempt(step, known, { ...end.log, id: rowId(event), at: event.timestamp })
  if (log === null) return [{ table: 'workflow_steps', id: step.id, set: end.set }]
  return [{ table: 'workflow_steps', id: step.id, set: { ...end.set, logged_attempt: end.log.attempt } }, log]
}

/** The most recently started step that is still open, beside the one that ends. */
function newestOpen(known: Known, ending: StepFacts): StepFacts | null {
  let newest: StepFacts | null = null
  for (const step of known.openSteps()) {
    if (step.id !== ending.id && (newest === null || step.step_number > newest.step_number)) newest = step
  }
  return newest
}
