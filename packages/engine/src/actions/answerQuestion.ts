import type { ApprovalRow, IWorkflowStore } from '@holdfast/store/contract'
import { refuseChanged } from '../approvals/refuseChanged.ts'
import type { EngineDependencies } from '../dependencies.ts'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { Answer } from '../Engine.ts'
import { budgetMisfit } from '../budgets/choice.ts'
import { misfits } from './misfit.ts'
import { shapeOf } from './shape.ts'
import { wakeWaiting } from './wakeWaiting.ts'
import { toPlain } from '../values/plain.ts'

/**
 * Answers a question of a run; without an id the only open one, or where none is open the one that was
 * answered last, so that the same answer given twice is taken and another one told that it comes too late.
 * @throws WorkflowError `APPROVAL_NOT_FOUND`, `APPROVAL_CHANGED`, `ALREADY_ANSWERED`, `ANSWER_INVALID`,
 *   `RUN_NOT_FOUND`, `RUN_FINISHED`.
 */
export async function answerQuestion(
  deps: EngineDependencies,
  runId: string,
  answer: Answer,
): Promise<ApprovalRow> {
  const { store } = deps
  const { session_id: sessionId } = await store.getWorkflowRun(runId)
  const question = await findQuestion(store, runId, answer.approvalId)
  checkYesOrNo(question, answer)
  if (question.status === 'open') {
    checkChoice(question, answer.answer)
    checkAmounts(question, answer)
    checkFit(question, answer.answer)
    if (answer.approved) await refuseChanged(question, answer.revision, deps)
  }
  await store.appendFromOutside(runId, {
    type: 'approval.answered',
    payload: {
      key: question.approval_key,
      revision: answer.revision ?? question.revision,
      approved: answer.approved,
      answer: toPlain(answer.answer, 'The answer holds a value').value ?? null,
      comment: answer.comment ?? '',
      by: answer.by,
      how: 'person',
      sessionId,
    },
  })
  if (question.kind === 'breaker') await wakeOthers(store, runId, answer.by)
  const rows = await store.listApprovals({ runId })
  return rows.find((row) => row.id === question.id) ?? question
}

/** Steps of other runs that wait for this answer look again; one that is not told looks by itself after a while. */
async function wakeOthers(store: IWorkflowStore, runId: string, by: string | null): Promise<void> {
  const { project_id: projectId } = await store.getWorkflowRun(runId)
  await wakeWaiting(
    store,
    'breaker',
    { type: 'run.resume-requested', payload: { by } },
    { projectId, except: runId },
  )
}

async function findQuestion(
  store: IWorkflowStore,
  runId: string,
  id: string | undefined,
): Promise<ApprovalRow> {
  const rows = await store.listApprovals({ runId })
  const found =
    id === undefined
      ? rows.filter((row) => row.status === 'open')
      : rows.filter((row) => row.id === id || row.name === id)
  const last = id === undefined && found.length === 0 ? lastAnswered(rows) : undefined
  if (last !== undefined) return last
  const [first, second] = found
  if (first !== undefined && (second === undefined || id !== undefined)) return first
  const open = rows.filter((row) => row.status === 'open').map((row) => `${row.id} (${row.title})`)
  throw new WorkflowError(
    'APPROVAL_NOT_FOUND',
    first === undefined
      ? `Run ${runId} asks nothing${id === undefined ? '' : ` with id ${id}`} at the moment.${open.length === 0 ? '' : ` Open: ${open.join(', ')}.`}`
      : `Run ${runId} asks ${found.length} things at the moment; say which: ${open.join(', ')}.`,
    { details: { runId, open: rows.filter((row) => row.status === 'open').map((row) => row.id) } },
  )
}

function lastAnswered(rows: readonly ApprovalRow[]): ApprovalRow | undefined {
  const answered = rows.filter((row) => row.answered_at !== null && row.status !== 'withdrawn')
  return answered.toSorted((a, b) => (a.answered_at! < b.answered_at! ? -1 : 1)).at(-1)
}

/** A value is no yes: an approval is answered by approving or rejecting only. @throws WorkflowError `ANSWER_INVALID`. */
function checkYesOrNo(question: ApprovalRow, { answer, approved }: Answer): void {
  if (typeof approved !== 'boolean')
    throw new WorkflowError(
      'ANSWER_INVALID',
      `"${question.title}" of run ${question.run_id} was answered with approved: ${JSON.stringify(approved)}. Use true or false.`,
      { details: { runId: question.run_id } },
    )
  if (question.kind !== 'approval' || answer === undefined) return
  throw new WorkflowError(
    'ANSWER_INVALID',
    `"${question.title}" of run ${question.run_id} is an approval; ${JSON.stringify(answer)} is neither yes nor no. Use: holdfast approve ${question.run_id}, or holdfast reject ${question.run_id}.`,
    { details: { runId: question.run_id } },
  )
}

/** @throws WorkflowError `ANSWER_INVALID` naming every place that certainly does not fit. */
function checkFit(question: ApprovalRow, answer: unknown): void {
  if (question.kind !== 'question') return
  const shape = shapeOf(question.answer_schema)
  const takes = shape === null ? '' : ` It takes ${shape}.`
  if (answer === undefined)
    throw new WorkflowError(
      'ANSWER_INVALID',
      `"${question.title}" of run ${question.run_id} asks for a value, not for a yes or no.${takes} Use: holdfast answer ${question.run_id} VALUE`,
      { details: { runId: question.run_id, schema: question.answer_schema } },
    )
  const wrong = misfits(question.answer_schema, answer)
  if (wrong.length === 0) return
  throw new WorkflowError(
    'ANSWER_INVALID',
    `The answer to "${question.title}" of run ${question.run_id} does not fit: ${wrong.join('; ')}.` +
      `${takes} Answer again with a value that fits.`,
    { details: { runId: question.run_id, misfits: wrong, schema: question.answer_schema } },
  )
}

/** @throws WorkflowError `ANSWER_INVALID` for a raise by what is no amount. */
function checkAmounts(question: ApprovalRow, { answer, approved }: Answer): void {
  if (question.kind !== 'budget') return
  const why = budgetMisfit({ answer: toPlain(answer, 'The answer holds a value').value ?? null, approved })
  if (why === null) return
  throw new WorkflowError('ANSWER_INVALID', `"${question.title}" of run ${question.run_id}: ${why}.`, {
    details: { choices: question.choices },
  })
}

function checkChoice(question: ApprovalRow, answer: unknown): void {
  if (question.choices.length === 0 || answer === undefined || answer === null) return
  const choice = typeof answer === 'object' && 'choice' in answer ? answer.choice : answer
  if (question.choices.includes(choice as string)) return
  throw new WorkflowError(
    'ANSWER_INVALID',
    `${JSON.stringify(choice)} is none of the choices of "${question.title}": ${question.choices.join(', ')}.`,
    { details: { choices: question.choices } },
  )
}
