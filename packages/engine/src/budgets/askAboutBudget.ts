import { WorkflowError, toErrorRecord, type BudgetExceededError } from '@holdfast/workflow-sdk'
import { journalEvent, type BudgetExcess, type NewJournalEvent } from '@holdfast/workflow-sdk/journal'
import type { QuestionRecord } from '../journal/records.ts'
import type { StepCall } from '../steps/StepCall.ts'
import { QuestionCall } from '../waits/QuestionCall.ts'
import { BUDGET_CHOICES, readBudgetChoice, type BudgetChoice } from './choice.ts'
import { excessError, sentence } from './excessError.ts'
import { wakeSharers } from './wakeSharers.ts'

/**
 * The budget of a step or of its run is used up: with `onFailure: 'ask'` a person decides. Answers whether the
 * attempt goes on; otherwise the step has ended.
 * @param ranMs Milliseconds that the attempt has run.
 */
export async function afterExcess(
  step: StepCall<unknown>,
  attempt: number,
  error: BudgetExceededError,
  ranMs: number,
): Promise<boolean> {
  const excess = error.details as unknown as BudgetExcess
  const key = nextKey(step, attempt)
  const exceeded = journalEvent('budget.exceeded', { key, detail: plain(excess), ranMs })
  if (step.spec.onFailure === 'ask') return ask(step, attempt, key, excess, [exceeded])
  step.x.journal.add(exceeded)
  await step.end(
    journalEvent('step.failed', { key: step.key, attempt, error: toErrorRecord(error), durationMs: 0 }),
  )
  return false
}

/**
 * After a restart: a question about the budget of this attempt that is open, or was answered with a stop. Answers
 * null when there is none, else as {@link afterExcess}.
 */
export async function openExcess(step: StepCall<unknown>, attempt: number): Promise<boolean | null> {
  const last = lastQuestion(step, attempt)
  const excess = last === null ? undefined : step.x.index.spending.excessOf(last.key)
  if (last === null || excess === undefined || last.withdrawn !== null) return null
  const answer = last.answers.get(last.revision)
  const choice = answer === undefined ? null : readBudgetChoice(answer, excess)
  if (answer !== undefined && (choice?.is === 'raise' || choice?.is === 'continue')) {
    await passOn(step, last.key, excess, { ...choice, by: answer.by })
    return null
  }
  return ask(step, attempt, last.key, excess, [])
}

async function ask(
  step: StepCall<unknown>,
  attempt: number,
  key: string,
  excess: BudgetExcess,
  before: readonly NewJournalEvent[],
): Promise<boolean> {
  const { x, spec } = step
  const spender = { stepKey: step.key, budget: spec.budget }
  const question = new QuestionCall<BudgetChoice & { readonly by: string | null }>(x, step.scope, key, {
    kind: 'budget',
    name: spec.name,
    title: `${sentence(spec.name, excess)} Go on?`,
    body:
      'The agent is stopped and its session is kept. "raise" grants as much again, or what you say: ' +
      `{"choice":"raise","${excess.limit}":${excess.budget}}. "continue" goes on without this limit. "stop" fails the step.`,
    timeoutMs: null,
    onTimeout: 'fail',
    answerSchema: null,
    choices: BUDGET_CHOICES,
    stepKey: step.key,
    before,
    accept: (answer) => {
      const choice = readBudgetChoice(answer, excess)
      if (choice.is === 'unfit') throw new WorkflowError('ANSWER_INVALID', `${choice.why}.`)
      return { ...choice, by: answer.by }
    },
    ...(excess.scope === 'day' ? { looksAgainAt: await endOfDay(step) } : {}),
  })
  step.status = { is: 'composite' }
  const answered = question.request()
  // Raised from elsewhere, or by the answer to another step's question: nobody has to decide about this one.
  let hasRoom = false
  const stopWaiting = x.budgets.whenRoom(spender, () => {
    hasRoom = true
    question.cancel('there is room in the budget again').catch(() => {})
  })
  let chosen: BudgetChoice['is']
  try {
    const choice = await answered
    chosen = choice.is
    await passOn(step, key, excess, choice)
  } catch {
    chosen = hasRoom ? 'continue' : 'unfit'
  } finally {
    stopWaiting()
    step.status = { is: 'live' }
  }
  if (chosen === 'raise' || chosen === 'continue') return true
  const end = { key: step.key, attempt, durationMs: 0 }
  await step.end(
    chosen === 'stop'
      ? journalEvent('step.failed', { ...end, error: toErrorRecord(excessError(x.runId, spec.name, excess)) })
      : // The run is being cancelled: so is the step.
        journalEvent('step.cancelled', {
          ...end,
          reason: 'cancelled while it waited for its budget',
        }),
  )
  return false
}

/** When the budget of the day is a new one. */
async function endOfDay({ x }: StepCall<unknown>): Promise<string | null> {
  await x.budgets.shared.refresh()
  return x.budgets.shared.states.find(({ scope }) => scope === 'day')?.endsAt ?? null
}

/** What a person granted of a budget that others share is written where they see it, before anybody goes on. */
async function passOn(
  { x }: StepCall<unknown>,
  key: string,
  { scope, sharedId = '', limit }: BudgetExcess,
  choice: BudgetChoice & { readonly by: string | null },
): Promise<void> {
  if ((scope !== 'tree' && scope !== 'day') || x.index.spending.isPassedOn(key)) return
  if (choice.is !== 'raise' && choice.is !== 'continue') return
  const detail = choice.is === 'raise' ? Object.fromEntries(choice.amounts) : {}
  const lifted = choice.is === 'continue' ? [limit] : []
  await x.journal.commit(
    journalEvent('budget.raised', { detail, by: choice.by, shared: { scope, id: sharedId, lifted, key } }),
  )
  await wakeSharers(x.deps.store, x.facts.claim.run).catch(() => null)
}

function lastQuestion(step: StepCall<unknown>, attempt: number): QuestionRecord | null {
  let last: QuestionRecord | null = null
  for (let number = 0; ; number++) {
    const record = step.x.index.get(keyOf(step, attempt, number))
    if (record?.is !== 'question') return last
    last = record
  }
}

function nextKey(step: StepCall<unknown>, attempt: number): string {
  let number = 0
  while (step.x.index.get(keyOf(step, attempt, number)) !== undefined) number++
  return keyOf(step, attempt, number)
}

function keyOf(step: StepCall<unknown>, attempt: number, number: number): string {
  return `${step.key}@${attempt}#budget:${number}`
}

function plain({ scope, sharedId, stepKey, limit, budget, allowed, spent }: BudgetExcess): BudgetExcess {
  const shared = sharedId === undefined ? {} : { sharedId }
  return { scope, ...shared, stepKey, limit, budget, allowed, spent }
}
