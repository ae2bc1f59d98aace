import type { AgentSessionRow, IWorkflowStore, WorkflowStepRow } from '@holdfast/store/contract'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { AgentPort } from '@holdfast/workflow-sdk/ports'
import { findAgentStep } from '../actions/findAgentStep.ts'
import type { TakeoverRequest } from '../Engine.ts'

/**
 * Asks for the session of an agent that works: the one of the step that is named, else of the step that began last.
 * The step stops its agent and asks to be given the session back.
 * @throws WorkflowError `RUN_NOT_FOUND`, `RUN_FINISHED`, `STEP_NOT_FOUND`, `AGENT_CAPABILITY_MISSING`,
 *   `AGENT_NOT_INSTALLED`.
 */
export async function requestTakeover(
  store: IWorkflowStore,
  agents: AgentPort,
  runId: string,
  { by, step: given }: TakeoverRequest,
): Promise<{ readonly step: WorkflowStepRow; readonly session: AgentSessionRow }> {
  await store.getWorkflowRun(runId)
  const step = await findAgentStep(store, runId, given ?? null)
  const session = (await store.listAgentSessions(runId)).findLast((row) => row.workflow_step_id === step.id)
  // Rows may call an agent by another name than its adapter's; such a one has no interactive mode.
  const adapter = agents.list().find(({ name }) => name === session?.agent)
  if (session === undefined || adapter?.interactive === undefined || !adapter.capabilities.resume)
    throw new WorkflowError(
      'AGENT_CAPABILITY_MISSING',
      `The agent ${session?.agent ?? ''} of step "${step.name}" has no interactive mode that can go on with its session. Talk to it instead: holdfast attach ${runId}`,
      { details: { agent: session?.agent ?? null, missing: ['interactive'] } },
    )
  // A program that is not there is found out before anything is stopped.
  await adapter.interactive({
    sessionId: session.cli_session_id ?? '',
    model: session.model,
    cwd: process.cwd(),
  })
  await store.appendFromOutside(runId, {
    type: 'agent.takeover-requested',
    payload: { stepKey: step.step_key, by },
  })
  return { step, session }
}
