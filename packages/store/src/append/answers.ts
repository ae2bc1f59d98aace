import { WorkflowError } from '@holdfast/workflow-sdk'
import type { EventPayloads } from '@holdfast/workflow-sdk/journal'
import { columnText } from '../payload/text.ts'
import type { ApprovalFacts } from '../projection/Known.ts'
import type { RunFold } from '../projection/RunFold.ts'

type Answer = EventPayloads['approval.answered']

/** Sequence at which the very same answer was stored; null when it was not. */
export function answeredBefore({ facts }: RunFold, answer: Answer): number | null {
  const approval = facts.approval(answer.key)
  if (approval?.status !== 'answered' || approval.revision !== answer.revision) return null
  return isSame(approval, answer) ? approval.answered_sequence : null
}

/** @throws WorkflowError `APPROVAL_NOT_FOUND`, `APPROVAL_CHANGED`, `ALREADY_ANSWERED` naming who. */
export function checkAnswer({ run, facts }: RunFold, answer: Answer): void {
  const approval = facts.approval(answer.key)
  if (approval === null || approval.status === 'withdrawn') {
    throw new WorkflowError(
      'APPROVAL_NOT_FOUND',
      `Run ${run.id} has no open question ${answer.key}${approval === null ? '' : '; it was withdrawn'}. List the approvals of the run.`,
      { details: { runId: run.id, key: answer.key } },
    )
  }
  if (approval.revision !== answer.revision) {
    throw new WorkflowError(
      'APPROVAL_CHANGED',
      `Question ${answer.key} of run ${run.id} is at revision ${approval.revision}, the answer is for revision ${answer.revision}. Look at it again and answer that.`,
      { details: { runId: run.id, key: answer.key, revision: approval.revision, given: answer.revision } },
    )
  }
  if (approval.status === 'open') return
  throw new WorkflowError(
    'ALREADY_ANSWERED',
    `Question ${answer.key} of run ${run.id} was already answered${approval.answered_by === null ? '' : ` by ${approval.answered_by}`}.`,
    { details: { runId: run.id, key: answer.key, by: approval.answered_by } },
  )
}

/** Whether two answers say the same, whoever gave them. */
function isSame(approval: ApprovalFacts, answer: Answer): boolean {
  return (
    approval.approved === answer.approved &&
    (approval.answer ?? 'null') === JSON.stringify(answer.answer) &&
    approval.comment === columnText(answer.comment)
  )
}
