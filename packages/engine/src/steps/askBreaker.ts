import type { ApprovalRow } from '@holdfast/store/contract'
import { WorkflowError, type ErrorRecord } from '@holdfast/workflow-sdk'
import { journalEvent, type NewJournalEvent } from '@holdfast/workflow-sdk/journal'
import { QuestionCall } from '../waits/QuestionCall.ts'
import { signatureOf, streakOf } from './breaker.ts'
import { questionKey } from './engineQuestions.ts'
import { providerName } from './providerCall.ts'
import type { StepCall } from './StepCall.ts'

/** So many turns are looked at: some of them were only stopped. */
const LOOKED_AT = 50

/** What a person may choose. */
const CHOICES = ['continue', 'stop'] as const

/**
 * Whether a failure is one of a row of the same that a person has to look at. Only steps that may ask count: where nobody
 * is asked, retries go as their policy says.
 */
export async function isRepeated(step: StepCall<unknown>, error: ErrorRecord): Promise<boolean> {
  const { x, spec } = step
  const settings = x.deps.breaker
  const agent = spec.calls?.provider
  if (settings === null || agent === undefined || spec.onFailure !== 'ask') return false
  const signature = signatureOf(agent, error)
  if (signature === null) return false
  await x.journal.settled()
  const projectId = x.facts.project.id
  const window = new Date(x.deps.clock.now() - settings.windowMs).toISOString()
  const answered = (await breakers(step)).map(({ answered_at }) => answered_at ?? '')
  const since = [window, ...answered].toSorted().at(-1)!
  const ends = await x.journal.persist(() =>
    x.deps.store.listAgentEnds({ projectId, agent, since, limit: LOOKED_AT }),
  )
  return streakOf(signature, ends) >= settings.failures
}

/** The breaker of a step's agent that is open in another run of the project, or in another step; null: none. */
export async function openBreaker(step: StepCall<unknown>): Promise<ApprovalRow | null> {
  if (step.x.deps.breaker === null || step.spec.onFailure !== 'ask') return null
  const open = (await breakers(step, 'open')).find(
    ({ run_id, approval_key }) => run_id !== step.x.runId || !approval_key.startsWith(`${step.key}@`),
  )
  return open ?? null
}

/** Asks once for all what becomes of an agent that fails again and again. Answers whether to try again. */
export async function askBreaker(
  step: StepCall<unknown>,
  attempt: number,
  error: ErrorRecord,
  before: readonly NewJournalEvent[],
): Promise<boolean> {
  const { x, spec } = step
  const agent = spec.calls?.provider ?? ''
  const question = new QuestionCall<boolean>(x, step.scope, questionKey(step.key, attempt, 'breaker'), {
    kind: 'breaker',
    name: agent,
    title: `${providerName(agent)} failed ${x.deps.breaker?.failures ?? 0} times in a row in the same way. Go on?`,
    body: `Step "${spec.name}": ${error.message}\n\nOther steps that would start ${agent} in this project wait for the answer. "continue" lets all of them try again; "stop" fails this step.`,
    timeoutMs: null,
    onTimeout: 'fail',
    answerSchema: null,
    choices: CHOICES,
    stepKey: step.key,
    before,
    accept: ({ answer, approved }) => {
      const given = answer ?? (approved ? 'continue' : 'stop')
      const choice = typeof given === 'object' && 'choice' in given ? given.choice : given
      if (choice === 'continue' || choice === 'stop') return choice === 'continue'
      throw new WorkflowError(
        'ANSWER_INVALID',
        `${JSON.stringify(given)} is none of the choices ${CHOICES.join(', ')}.`,
      )
    },
  })
  step.status = { is: 'composite' }
  const end = { key: step.key, attempt, durationMs: 0 }
  try {
    const goesOn = await question.request()
    step.status = { is: 'live' }
    if (!goesOn) await step.end(journalEvent('step.failed', { ...end, error }))
    return goesOn
  } catch {
    // The run is being cancelled: so is the step.
    step.status = { is: 'live' }
    const reason = 'cancelled while it waited for a person'
    await step.end(journalEvent('step.cancelled', { ...end, reason }))
    return false
  }
}

/** Questions about this agent, of runs of this project. */
async function breakers({ x, spec }: StepCall<unknown>, status?: 'open'): Promise<ApprovalRow[]> {
  const rows = await x.journal.persist(() =>
    x.deps.store.listApprovals({ kind: 'breaker', ...(status === undefined ? {} : { status }) }),
  )
  const found: ApprovalRow[] = []
  for (const row of rows) {
    if (row.name !== spec.calls?.provider) continue
    const run = row.run_id === x.runId ? x.facts.claim.run : await x.deps.store.findWorkflowRun(row.run_id)
    if (run?.project_id === x.facts.project.id) found.push(row)
  }
  return found
}
