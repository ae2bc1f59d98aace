import { WorkflowError, toErrorRecord, type ErrorRecord } from '@holdfast/workflow-sdk'
import { journalEvent, type ApprovalKind, type NewJournalEvent } from '@holdfast/workflow-sdk/journal'
import type { AnswerRecord } from '../journal/records.ts'
import { toStored } from '../values/stored.ts'
import { QuestionCall } from '../waits/QuestionCall.ts'
import { writeStart } from './attempt.ts'
import type { StepCall } from './StepCall.ts'

/** What a person may choose when the engine asks about a step. */
export const STEP_CHOICES = ['retry', 'set', 'skip', 'fail'] as const
/** A workspace that is gone comes back or does not. */
const LOST_CHOICES = ['retry', 'fail'] as const satisfies readonly StepChoice['choice'][]

/** A choice, with the value that `set` gives the step. */
export interface StepChoice {
  readonly choice: (typeof STEP_CHOICES)[number]
  readonly value?: unknown
}

/** Key of the engine's own question about an attempt of a step; `number` counts questions of the same kind, from 1. */
export function questionKey(stepKey: string, attempt: number, about: ApprovalKind, number = 1): string {
  return `${stepKey}@${attempt}#${about}${number === 1 ? '' : `:${number}`}`
}

/**
 * A step is out of attempts and a person decides (S6). Answers whether to try again; otherwise the step has
 * ended as the person chose.
 * @param before Events that go in with the question, in one commit.
 */
export function askAboutFailure(
  step: StepCall<unknown>,
  attempt: number,
  error: ErrorRecord,
  before: readonly NewJournalEvent[],
): Promise<boolean> {
  const { name } = step.spec
  const kind = failureKind(error)
  const title =
    kind === 'failure'
      ? `Step "${name}" failed: ${error.message}`
      : `The workspace of step "${name}" is gone. Try it again once that is back?`
  return ask(step, attempt, { kind, key: questionKey(step.key, attempt, kind), title, error, before })
}

/** What a person is asked about when a step is out of attempts. */
export function failureKind(error: ErrorRecord): 'failure' | 'workspace-lost' {
  return error.code === 'WORKSPACE_LOST' ? 'workspace-lost' : 'failure'
}

/** A step was running when its process died (S1). Answers whether to run it again. */
export async function goOnAfterInterruption(step: StepCall<unknown>, attempt: number): Promise<boolean> {
  const { name, onInterrupted } = step.spec
  if (onInterrupted === 'retry') return true
  const error = toErrorRecord(
    new WorkflowError(
      'STEP_INTERRUPTED',
      `The process ended while step "${name}" was running; whether it took effect is not known.`,
      { details: { step: name, attempt } },
    ),
  )
  if (onInterrupted === 'ask') {
    const title = `Did step "${name}" take effect before its process ended?`
    const key = questionKey(step.key, attempt, 'effect-unknown', begun(step, attempt))
    if (!(await ask(step, attempt, { kind: 'effect-unknown', key, title, error, before: [] }))) return false
    // Durable before the effect: an answer counts for one interruption, and the attempt begins anew with it.
    await writeStart(step, attempt)
    return !step.x.leaving && step.x.closed === null
  }
  await step.end(journalEvent('step.failed', { key: step.key, attempt, error, durationMs: 0 }))
  return false
}

/** How often the attempt was begun: once, and once more for each answer that let it run again. */
function begun(step: StepCall<unknown>, attempt: number): number {
  const record = step.x.index.get(step.key)
  return record?.is === 'step' ? record.starts.filter((start) => start.attempt === attempt).length : 1
}

interface Asked {
  readonly kind: ApprovalKind
  readonly key: string
  readonly title: string
  readonly error: ErrorRecord
  readonly before: readonly NewJournalEvent[]
}

async function ask(
  step: StepCall<unknown>,
  attempt: number,
  { kind, key, title, error, before }: Asked,
): Promise<boolean> {
  const question = new QuestionCall<StepChoice>(step.x, step.scope, key, {
    kind,
    name: step.spec.name,
    title,
    body: kind === 'workspace-lost' ? error.message : (error.stack ?? error.message),
    timeoutMs: null,
    onTimeout: 'fail',
    answerSchema: null,
    choices: kind === 'workspace-lost' ? LOST_CHOICES : STEP_CHOICES,
    stepKey: step.key,
    before,
    accept: readChoice,
  })
  step.status = { is: 'composite' }
  let chosen: StepChoice
  try {
    chosen = await question.request()
  } catch {
    // The run is being cancelled: so is the step.
    step.status = { is: 'live' }
    await step.end(
      journalEvent('step.cancelled', {
        key: step.key,
        attempt,
        reason: 'cancelled while it waited for a person',
        durationMs: 0,
      }),
    )
    return false
  }
  step.status = { is: 'live' }
  if (chosen.choice === 'retry') return true
  await step.end(await endingOf(step, attempt, chosen, error))
  return false
}

async function endingOf(
  step: StepCall<unknown>,
  attempt: number,
  chosen: StepChoice,
  error: ErrorRecord,
): Promise<NewJournalEvent> {
  if (chosen.choice === 'skip') return journalEvent('step.skipped', { key: step.key, by: null })
  if (chosen.choice === 'fail')
    return journalEvent('step.failed', { key: step.key, attempt, error, durationMs: 0 })
  const output = await toStored(
    chosen.value,
    `The result set for step "${step.spec.name}"`,
    step.x.deps.store,
    step.x.deps.settings,
  )
  return journalEvent('step.completed', { key: step.key, attempt, output, durationMs: 0, setBy: 'person' })
}

/** `true`/`false` alone mean retry and fail. */
function readChoice(answer: AnswerRecord): StepChoice {
  const given = answer.answer
  if (given === null) return { choice: answer.approved ? 'retry' : 'fail' }
  const choice = typeof given === 'object' && 'choice' in given ? given.choice : given
  if (!STEP_CHOICES.includes(choice as StepChoice['choice'])) {
    throw new WorkflowError(
      'ANSWER_INVALID',
      `${JSON.stringify(given)} is none of the choices ${STEP_CHOICES.join(', ')}.`,
      { details: { choices: STEP_CHOICES } },
    )
  }
  return {
    choice: choice as StepChoice['choice'],
    ...(typeof given === 'object' && 'value' in given ? { value: given.value } : {}),
  }
}
