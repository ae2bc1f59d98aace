import { isDecided } from '../approvals/decision.ts'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { TakenOver } from '@holdfast/store/contract'
import type { JournalEvent } from '@holdfast/workflow-sdk'
import type { EventOf, NewJournalEvent, StoredValue } from '@holdfast/workflow-sdk/journal'
import type { JournalIndex } from '../journal/JournalIndex.ts'
import type { QuestionRecord, StepRecord } from '../journal/records.ts'
import type { ForkPoint } from './readForkPoint.ts'

/** What a fork begins with. */
export interface Taken {
  readonly journal: readonly TakenOver[]
  /** Where each event of the original lies in the fork, whose `run.created` is 1. */
  readonly sequences: ReadonlyMap<number, number>
  /** Steps whose results are there. */
  readonly reused: readonly StepRecord[]
}

/** What somebody wants to be different: outputs by step key, and who says so. */
export interface Changes {
  readonly outputs: ReadonlyMap<string, StoredValue>
  readonly by: string | null
  /** The fork's own refs by those of the original; a checkpoint that is in none is left out. */
  readonly refs: ReadonlyMap<string, string>
}

/**
 * The part of a journal that holds before a step (W4). Results stay under their keys; what was not over is left out:
 * open questions and waits, and steps that were running, with what lies inside of them. What runs around the step,
 * and scopes with results inside, stays begun. What happened to the run itself (claims, parks, its workspace, what
 * models cost) stays with the original.
 */
export function takeOver({ step, before, index }: ForkPoint, changes: Changes): Taken {
  const isLeft = leftOut(step, index)
  const journal: TakenOver[] = []
  const sequences = new Map<number, number>()
  for (const event of before) {
    if (event.type === 'run.created') continue
    const taken = takenOver(event, index, isLeft, changes, sequences)
    if (taken === null) continue
    journal.push({ event: taken, timestamp: event.timestamp })
    sequences.set(event.sequence, journal.length + 1)
  }
  const reused = [...index.steps()].filter(({ key, result }) => result !== null && !isLeft(key))
  for (const key of changes.outputs.keys()) {
    if (reused.some((one) => one.key === key && one.result?.how === 'completed')) continue
    throw new WorkflowError(
      'OPTION_INVALID',
      `The output of "${key}" cannot be set: that step is not completed before "${step?.key}". Set outputs of steps that the fork takes over.`,
      { details: { step: key, from: step?.key ?? null } },
    )
  }
  return { journal, sequences, reused }
}

/** Whether what lies under a key is left out. */
function leftOut(step: StepRecord | null, index: JournalIndex): (key: string) => boolean {
  const steps = [...index.steps()]
  const results = steps.filter(({ result }) => result !== null).map(({ key }) => key)
  const left = steps
    .filter(
      ({ key, result }) =>
        result === null &&
        (step === null || !isInside(step.key, key)) &&
        !results.some((other) => isInside(other, key)),
    )
    .map(({ key }) => key)
  return (key) => key === step?.key || left.some((other) => key === other || isInside(key, other))
}

function isInside(key: string, outer: string): boolean {
  return key.startsWith(`${outer}@`) || key.startsWith(`${outer}/`)
}

function takenOver(
  event: JournalEvent,
  index: JournalIndex,
  isLeft: (key: string) => boolean,
  changes: Changes,
  sequences: ReadonlyMap<number, number>,
): NewJournalEvent | null {
  switch (event.type) {
    case 'step.started':
    case 'step.retrying':
    case 'step.failed':
    case 'step.skipped':
    case 'step.cancelled':
    case 'child.started':
    case 'child.completed':
    case 'comment.added':
    case 'state.set':
      return isLeft(event.payload.key) ? null : plain(event)
    case 'artifact.created':
      // A session of the fork has another row.
      return isLeft(event.payload.key)
        ? null
        : { type: event.type, payload: { ...event.payload, agentSession: null } }
    case 'step.updated': {
      const { key, note } = event.payload
      return note === undefined || isLeft(key) ? null : { type: event.type, payload: { key, note } }
    }
    case 'step.completed':
      return isLeft(event.payload.key) ? null : completed(event, changes)
    case 'agent.started':
    case 'agent.completed':
    case 'agent.failed':
      return isLeft(event.payload.stepKey) ? null : plain(event)
    case 'agent.updated': {
      const { process: _process, ...payload } = event.payload
      if (isLeft(payload.stepKey) || Object.keys(payload).length === 1) return null
      return { type: event.type, payload }
    }
    case 'checkpoint.taken': {
      const ref = changes.refs.get(event.payload.ref)
      if (ref === undefined || isLeft(event.payload.stepKey)) return null
      return { type: event.type, payload: { ...event.payload, ref } }
    }
    case 'wait.started':
      return isOpenWait(index, event.payload.key) || isLeft(event.payload.key) ? null : plain(event)
    case 'wait.satisfied': {
      const { eventSequence, ...payload } = event.payload
      if (isOpenWait(index, payload.key) || isLeft(payload.key)) return null
      const place = eventSequence === undefined ? undefined : sequences.get(eventSequence)
      return {
        type: event.type,
        payload: { ...payload, ...(place === undefined ? {} : { eventSequence: place }) },
      }
    }
    case 'event.received':
      return plain(event)
    case 'approval.answered': {
      // What was said stays in the conversation of the original.
      const { sessionId: _session, ...payload } = event.payload
      const isLeftOut = isOpenQuestion(index, payload.key) || isLeft(payload.key)
      return isLeftOut ? null : { type: event.type, payload }
    }
    case 'approval.requested':
    case 'approval.confirmed':
    case 'approval.withdrawn':
      return isOpenQuestion(index, event.payload.key) || isLeft(event.payload.key) ? null : plain(event)
    case 'run.updated': {
      const { key, tag, patch } = event.payload
      if ((key === undefined && patch === undefined) || (key !== undefined && isLeft(key))) return null
      return {
        type: event.type,
        payload: {
          ...(key === undefined ? {} : { key }),
          ...(tag === undefined ? {} : { tag }),
          ...(patch === undefined ? {} : { patch }),
        },
      }
    }
    default:
      return null
  }
}

function plain({ type, payload }: JournalEvent): NewJournalEvent {
  return { type, payload } as NewJournalEvent
}

function completed(event: EventOf<'step.completed'>, { outputs, by }: Changes): NewJournalEvent {
  const output = outputs.get(event.payload.key)
  if (output === undefined) return plain(event)
  const { rawOutput: _raw, ...payload } = event.payload
  return { type: event.type, payload: { ...payload, output, ...(by === null ? {} : { setBy: by }) } }
}

function isOpenWait(index: JournalIndex, key: string): boolean {
  const record = index.get(key)
  return record?.is !== 'wait' || record.result === null
}

/** Questions of the engine about the whole run (crash loop, lost workspace) have keys that begin with `#`. */
function isOpenQuestion(index: JournalIndex, key: string): boolean {
  const record = index.get(key)
  return key.startsWith('#') || record?.is !== 'question' || !isOver(record)
}

function isOver(question: QuestionRecord): boolean {
  return question.withdrawn !== null || isDecided(question)
}
