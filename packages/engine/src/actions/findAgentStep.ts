import type { IWorkflowStore, WorkflowStepRow } from '@holdfast/store/contract'
import { WorkflowError } from '@holdfast/workflow-sdk'

/**
 * The agent step under way that somebody names by its key, its number or its name, of several of a name the last;
 * without a name the one that began last. @throws WorkflowError `STEP_NOT_FOUND`.
 */
export async function findAgentStep(
  store: IWorkflowStore,
  runId: string,
  given: string | null,
): Promise<WorkflowStepRow> {
  const open = (await store.listWorkflowSteps(runId)).filter(
    ({ kind, status }) => kind === 'agent' && !OVER.has(status),
  )
  const found =
    given === null
      ? open.at(-1)
      : (open.find((step) => step.step_key === given) ??
        open.findLast((step) => step.name === given) ??
        open.find((step) => String(step.step_number) === given))
  if (found !== undefined) return found
  const names = open.map((step) => `${step.step_number} ${step.name}`).join(', ')
  throw new WorkflowError(
    'STEP_NOT_FOUND',
    given === null || names === ''
      ? `No agent step of run ${runId} is under way now.`
      : `Run ${runId} has no agent step ${JSON.stringify(given)} that is under way. There is: ${names}.`,
    { details: { runId, step: given } },
  )
}

const OVER: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled', 'skipped'])
