import { WorkflowError } from '@holdfast/workflow-sdk'
import { journalEvent } from '@holdfast/workflow-sdk/journal'
import type { StepCall } from '../steps/StepCall.ts'
import { QuestionCall } from '../waits/QuestionCall.ts'
import type { TakenOver } from './TakenOver.ts'

/** The one choice of a person who has taken a session over. */
const GIVE_BACK = 'give-back'

/** The session of a step's agent is a person's until it is given back. Answers whether the attempt goes on. */
export async function handOver(step: StepCall<unknown>, attempt: number, taken: TakenOver): Promise<boolean> {
  const { agent, sessionId, by } = taken
  let number = 0
  while (step.x.index.get(keyOf(step, attempt, number)) !== undefined) number++
  const title = `The session of ${agent} in step "${step.spec.name}" is taken over${by === null ? '' : ` by ${by}`}.`
  const body = `Session ${sessionId}. Once it is given back ("${GIVE_BACK}") the agent goes on in it, with the files as they are then.`
  return await ask(step, attempt, number, title, body)
}

/** After a restart: a session that is still taken over. Answers null where there is none, else as {@link handOver}. */
export async function openHandOver(step: StepCall<unknown>, attempt: number): Promise<boolean | null> {
  for (let number = 0; ; number++) {
    const record = step.x.index.get(keyOf(step, attempt, number))
    if (record?.is !== 'question') return null
    if (record.withdrawn === null && !record.answers.has(record.revision))
      return await ask(step, attempt, number, '', '')
  }
}

async function ask(
  step: StepCall<unknown>,
  attempt: number,
  number: number,
  title: string,
  body: string,
): Promise<boolean> {
  const { x, spec, key, scope } = step
  const question = new QuestionCall<true>(x, scope, keyOf(step, attempt, number), {
    kind: 'takeover',
    name: spec.name,
    title: title === '' ? `The session of step "${spec.name}" is taken over.` : title,
    body,
    timeoutMs: null,
    onTimeout: 'fail',
    answerSchema: null,
    choices: [GIVE_BACK],
    stepKey: key,
    accept: ({ answer }) => {
      if (answer === null || answer === GIVE_BACK) return true
      throw new WorkflowError('ANSWER_INVALID', `${JSON.stringify(answer)} is not "${GIVE_BACK}".`)
    },
  })
  step.status = { is: 'composite' }
  try {
    await question.request()
    return true
  } catch {
    // The run is being cancelled: so is the step.
    const reason = 'cancelled while its session was taken over'
    await step.end(journalEvent('step.cancelled', { key, attempt, durationMs: 0, reason }))
    return false
  } finally {
    step.status = { is: 'live' }
  }
}

function keyOf(step: StepCall<unknown>, attempt: number, number: number): string {
  return `${step.key}@${attempt}#takeover:${number}`
}
