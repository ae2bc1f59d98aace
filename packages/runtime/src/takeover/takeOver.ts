import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Engine, TakeoverRequest } from '@holdfast/engine'
import type { AgentSessionRow, ApprovalRow, IWorkflowStore, WorkflowStepRow } from '@holdfast/store/contract'
import { isTerminal, WorkflowError } from '@holdfast/workflow-sdk'
import type { AgentPort, ProjectInfo } from '@holdfast/workflow-sdk/ports'

/** The session of an agent in the hands of a person; its step waits. */
export interface Takeover {
  readonly step: WorkflowStepRow
  readonly agent: string
  readonly sessionId: string
  /** Absolute folder in which the session goes on. */
  readonly cwd: string
  /** The agent's own interactive mode on the session. */
  readonly program: { readonly file: string; readonly args: readonly string[] }
  /** The agent goes on in the session, with the files as they are. Given back already, by whomever, is fine. */
  giveBack(comment: string): Promise<void>
}

/** What a takeover works with. */
export interface TakeoverParts {
  readonly store: IWorkflowStore
  readonly engine: Engine
  readonly agents: AgentPort
  readonly project: ProjectInfo
}

/**
 * Asks for the session of an agent and waits until its step has let go of it. Somebody has to execute the run.
 * @throws WorkflowError What `Engine.requestTakeover` throws; `STEP_NOT_FOUND` when the step ends before,
 *   `WORKSPACE_LOST` when its files are not on this machine.
 */
export async function takeOver(
  parts: TakeoverParts,
  runId: string,
  request: TakeoverRequest,
): Promise<Takeover> {
  const { store, engine, agents } = parts
  const { step } = await engine.requestTakeover(runId, request)
  const question = await untilLetGo(store, runId, step)
  const giveBack = async (comment: string): Promise<void> => {
    const { by } = request
    try {
      await engine.answer(runId, {
        by,
        comment,
        approvalId: question.id,
        approved: true,
        answer: 'give-back',
      })
    } catch (error) {
      if (!WorkflowError.has(error, 'ALREADY_ANSWERED', 'RUN_FINISHED', 'APPROVAL_CHANGED')) throw error
    }
  }
  try {
    const session = await lastSession(store, runId, step.id)
    const sessionId = session.cli_session_id ?? ''
    const cwd = await folderOf(parts, runId, step)
    const program = await agents.get(session.agent).interactive?.({ sessionId, model: session.model, cwd })
    if (program === undefined)
      throw new WorkflowError('INTERNAL', `${session.agent} lost its interactive mode.`)
    return { step, agent: session.agent, sessionId, cwd, program, giveBack }
  } catch (error) {
    await giveBack('It could not be taken over.')
    throw error
  }
}

/** The question with which the step waits for its session. */
async function untilLetGo(store: IWorkflowStore, runId: string, step: WorkflowStepRow): Promise<ApprovalRow> {
  const { promise, resolve: found, reject } = Promise.withResolvers<ApprovalRow>()
  const look = async (): Promise<void> => {
    const open = await store.listApprovals({ runId, status: 'open', kind: 'takeover' })
    const question = open.find((row) => row.step_id === step.id)
    if (question !== undefined) return found(question)
    const run = await store.getWorkflowRun(runId)
    const now = (await store.listWorkflowSteps(runId)).find((row) => row.id === step.id)
    if (!isTerminal(run.status) && now?.completed_at === null) return
    const why = `Step "${step.name}" of run ${runId} ended before its session could be taken over.`
    reject(new WorkflowError('STEP_NOT_FOUND', why, { details: { runId, step: step.step_key } }))
  }
  const unwatch = store.watch((change) => {
    if (change.runId === null || change.runId === runId) look().catch(reject)
  }, reject)
  look().catch(reject)
  try {
    return await promise
  } finally {
    unwatch()
  }
}

async function lastSession(store: IWorkflowStore, runId: string, stepId: string): Promise<AgentSessionRow> {
  const found = (await store.listAgentSessions(runId)).findLast((row) => row.workflow_step_id === stepId)
  if (found !== undefined) return found
  throw new WorkflowError('INTERNAL', `Step ${stepId} has no agent session.`)
}

/** The folder of the step's agent. */
async function folderOf(
  { store, project }: TakeoverParts,
  runId: string,
  step: WorkflowStepRow,
): Promise<string> {
  const events = await store.listWorkflowEvents({ runId })
  const begun = events.findLast(
    (event) => event.type === 'agent.started' && event.payload.stepKey === step.step_key,
  )
  const below = begun?.type === 'agent.started' ? (begun.payload.cwd ?? '') : ''
  const { workspace_path: workspace } = await store.getWorkflowRun(runId)
  const cwd = resolve(project.path, workspace ?? '', below)
  if (existsSync(cwd)) return cwd
  throw new WorkflowError(
    'WORKSPACE_LOST',
    `The folder ${cwd} of step "${step.name}" is not on this machine. Take the session over where the run is executed.`,
    { details: { path: cwd } },
  )
}
