import { WorkflowError, type WorkflowStatus } from '@holdfast/workflow-sdk'
import type { OutsideEvent, OutsideEventType } from '@holdfast/workflow-sdk/journal'
import type { RunFold } from '../projection/RunFold.ts'
import { checkAnswer } from './answers.ts'

/** Statuses in which a request from outside makes sense; what is not listed is always accepted. */
const ALLOWED: Partial<Record<OutsideEventType, readonly WorkflowStatus[]>> = {
  'run.pause-requested': ['pending', 'running', 'waiting'],
  'run.upgraded': ['pending', 'waiting', 'paused'],
}

/** @throws WorkflowError `RUN_TRANSITION_INVALID`, or an error about the answer. */
export function checkTransition(fold: RunFold, event: OutsideEvent): void {
  const { run } = fold
  const allowed = ALLOWED[event.type]
  if (allowed !== undefined && !allowed.includes(run.status)) {
    throw invalidTransition(run.id, run.status, event.type, allowed)
  }
  if (event.type === 'approval.answered') checkAnswer(fold, event.payload)
}

/** The error for a change that the run's status does not allow. */
export function invalidTransition(
  runId: string,
  status: WorkflowStatus,
  asked: string,
  allowed: readonly WorkflowStatus[],
): WorkflowError {
  const hint =
    allowed.length === 0 ? 'No run can be changed so.' : `That takes a run that is ${allowed.join(' or ')}.`
  return new WorkflowError(
    'RUN_TRANSITION_INVALID',
    `Run ${runId} is ${status}; ${asked} is not possible now. ${hint}`,
    {
      details: { runId, status, asked, allowed },
    },
  )
}
