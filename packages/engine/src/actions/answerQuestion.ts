import type { ApprovalRow, IWorkflowStore } from '@holdfast/store/contract'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { Answer } from '../Engine.ts'
import { toPlain } from '../values/plain.ts'

/** Answers an open question of a run; without an id the only open one. */
export async function answerQuestion(
  store: IWorkflowStore,
  runId: string,
  answer: Answer,
): Promise<ApprovalRow> {
  const question = await findQuestion(store, runId, answer.approvalId)
  checkChoice(question, answer.answer)
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
    },
  })
  const rows = await store.listApprovals({ runId })
  return rows.find((row) => row.id === question.id) ?? question
}

async function findQuestion(
  store: IWorkflowStore,
  runId: string,
  id: string | undefined,
): Promise<ApprovalRow> {
  await store.getWorkflowRun(runId)
  const rows = await store.listApprovals({ runId })
  const found =
    id === undefined
      ? rows.filter((row) => row.status === 'open')
      : rows.filter((row) => row.id === id || row.name === id)
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
