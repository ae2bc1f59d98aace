import type { EventOf, ModelCall, ProcessIdentity } from '@holdfast/workflow-sdk/journal'
import { quotaReset } from '../steps/retry.ts'
import type { CallRecord, StepRecord, StepResult } from './records.ts'

/** Events that change what is known of a step. */
export type StepEvent = EventOf<
  | 'step.started'
  | 'step.updated'
  | 'step.retrying'
  | 'step.completed'
  | 'step.failed'
  | 'step.skipped'
  | 'step.cancelled'
  | 'agent.started'
  | 'agent.updated'
  | 'checkpoint.taken'
  | 'child.started'
  | 'child.completed'
>

/** Applies one step event to the records; an event about an unknown step changes nothing, but a cancelled one is remembered. */
export function applyStepEvent(
  records: Map<string, CallRecord>,
  event: StepEvent,
): { key: string; settles: boolean; isNew: boolean } {
  const key = 'stepKey' in event.payload ? event.payload.stepKey : event.payload.key
  const known = records.get(key)
  const step = known?.is === 'step' ? known : null
  if (event.type === 'step.started') return { key, settles: false, isNew: started(records, step, event) }
  if (event.type === 'step.cancelled' && step === null) {
    records.set(key, neverStarted(event))
    return { key, settles: true, isNew: false }
  }
  if (step === null || step.result !== null) return { key, settles: false, isNew: false }
  const result = resultOf(event)
  if (result !== null) {
    step.result = result
    return { key, settles: true, isNew: false }
  }
  switch (event.type) {
    case 'step.retrying':
      retrying(step, event)
      break
    case 'checkpoint.taken':
      if (event.payload.when === 'before' && event.payload.exact) step.treeBefore = event.payload.treeId
      break
    case 'child.started':
      // The child may have ended before the parent had written that it began.
      step.child ??= { runId: event.payload.childRunId, ended: false }
      break
    case 'child.completed':
      if (step.child === null) step.child = { runId: event.payload.childRunId, ended: true }
      else step.child = { runId: event.payload.childRunId, ended: true }
      return { key, settles: true, isNew: false }
    default:
      running(step, event)
  }
  return { key, settles: false, isNew: false }
}

const NO_CALLS: readonly ModelCall[] = []
const NO_PROCESSES: readonly ProcessIdentity[] = []

function started(
  records: Map<string, CallRecord>,
  step: StepRecord | null,
  event: EventOf<'step.started'>,
): boolean {
  const { key, name, kind, hash, stepNumber, attempt } = event.payload
  const phase = {
    at: 'running',
    startedAt: event.timestamp,
    startedActiveMs: event.payload.activeMs ?? null,
    stoppedAfterMs: null,
    wentOn: null,
    processes: NO_PROCESSES,
    agentSessionId: null,
    repairs: 0,
    modelCalls: NO_CALLS,
  } as const
  if (step !== null) {
    step.starts.push({ attempt, sequence: event.sequence, timestamp: event.timestamp })
    if (step.attempt === attempt && step.phase.at === 'running') {
      // Begun anew by a person's answer: what it left behind and can go on from stays known.
      const { startedAt, startedActiveMs } = phase
      step.phase = { ...step.phase, startedAt, startedActiveMs, stoppedAfterMs: null, wentOn: null }
      return false
    }
    // After a wait for a quota the same work goes on: its files are compared with those before it.
    const goesOn = step.phase.at === 'retrying' && quotaReset(step.phase.error) === step.phase.retryAt
    step.attempt = attempt
    step.phase = phase
    if (!goesOn) step.treeBefore = null
    step.child = null
    return false
  }
  records.set(key, {
    is: 'step',
    key,
    name,
    kind,
    hash,
    stepNumber,
    startedSequence: event.sequence,
    attempt,
    starts: [{ attempt, sequence: event.sequence, timestamp: event.timestamp }],
    phase,
    quotaWaits: 0,
    treeBefore: null,
    promptId: null,
    child: null,
    result: null,
  })
  return true
}

function retrying(step: StepRecord, event: EventOf<'step.retrying'>): void {
  const { retryAt, error } = event.payload
  const agentSessionId = step.phase.at === 'running' ? step.phase.agentSessionId : null
  step.phase = { at: 'retrying', sequence: event.sequence, retryAt, error, agentSessionId }
  if (quotaReset(error) === retryAt) step.quotaWaits++
}

function running(step: StepRecord, event: StepEvent): void {
  if (step.phase.at !== 'running') return
  if (
    (event.type === 'step.updated' || event.type === 'agent.updated') &&
    event.payload.process !== undefined
  ) {
    step.phase = { ...step.phase, processes: [...step.phase.processes, event.payload.process] }
  }
  if (
    (event.type === 'agent.started' || event.type === 'agent.updated') &&
    typeof event.payload.sessionId === 'string'
  ) {
    step.phase = { ...step.phase, agentSessionId: event.payload.sessionId }
  }
  if (event.type === 'step.updated' && event.payload.modelCall !== undefined) {
    const { modelCall } = event.payload
    const before = step.phase.modelCalls.filter(({ repair }) => repair < modelCall.repair)
    step.phase = { ...step.phase, modelCalls: [...before, modelCall] }
    step.promptId ??= modelCall.prompt?.id ?? null
  }
  if (event.type === 'step.updated' && event.payload.goesOn !== undefined)
    step.phase = { ...step.phase, stoppedAfterMs: null, wentOn: event.payload.goesOn }
  if (event.type === 'agent.started' && event.payload.repair !== undefined)
    step.phase = { ...step.phase, repairs: event.payload.repair }
}

function resultOf(event: StepEvent): StepResult | null {
  const place = { sequence: event.sequence, timestamp: event.timestamp }
  switch (event.type) {
    case 'step.completed':
      return { ...place, how: 'completed', output: event.payload.output, state: event.payload.state ?? [] }
    case 'step.failed':
      return { ...place, how: 'failed', error: event.payload.error, attempt: event.payload.attempt }
    case 'step.skipped':
      return { ...place, how: 'skipped' }
    case 'step.cancelled':
      return { ...place, how: 'cancelled', reason: event.payload.reason }
    default:
      return null
  }
}

/** A step that was cancelled before it began: it has no row, but a replay must see the same end. */
function neverStarted(event: EventOf<'step.cancelled'>): StepRecord {
  return {
    is: 'step',
    key: event.payload.key,
    name: event.payload.key,
    kind: 'run',
    hash: '',
    stepNumber: 0,
    startedSequence: 0,
    attempt: 0,
    starts: [],
    phase: {
      at: 'running',
      startedAt: event.timestamp,
      startedActiveMs: null,
      stoppedAfterMs: null,
      wentOn: null,
      processes: [],
      agentSessionId: null,
      repairs: 0,
      modelCalls: NO_CALLS,
    },
    quotaWaits: 0,
    treeBefore: null,
    promptId: null,
    child: null,
    result: resultOf(event),
  }
}
