import { toErrorRecord, WorkflowError } from '@holdfast/workflow-sdk'
import { journalEvent } from '@holdfast/workflow-sdk/journal'
import type { AgentAdapter, AgentObserver, AgentOutcome, AgentRequest } from '@holdfast/workflow-sdk/ports'
import { excessError } from '../../budgets/excessError.ts'
import type { Execution } from '../../execution/Execution.ts'
import type { StepCall } from '../../steps/StepCall.ts'
import type { Attempt } from '../../steps/StepSpec.ts'

/** One attempt of an agent step, with what its sessions have in common. */
export interface Session {
  readonly x: Execution
  readonly step: StepCall<unknown>
  readonly attempt: Attempt
  readonly adapter: AgentAdapter
  readonly name: string
  /** Session file relative to the project's root. */
  readonly path: string
}

/** Goes on with the session of the process that died; one that is gone starts anew, and the run says so. */
export async function resumeOrAnew(
  session: Session,
  resumed: AgentRequest,
  fresh: AgentRequest,
): Promise<AgentOutcome> {
  try {
    return await play(session, resumed)
  } catch (error) {
    if (!WorkflowError.has(error, 'AGENT_SESSION_NOT_FOUND')) throw error
    const note = `The session ${resumed.sessionId} could not be resumed; the agent starts anew.`
    session.x.journal.add(journalEvent('agent.updated', { stepKey: session.step.key, note }))
    return play(session, fresh)
  }
}

/**
 * Plays one session, or a turn of it. Its id is durable before the first token is paid, and it begins only when the
 * budgets have room; when they have none any more the agent is stopped.
 * @param repair Which repair of an answer this turn is, from 1.
 * @throws WorkflowError `BUDGET_EXCEEDED` with the excess as its details, and what the adapter throws.
 */
export async function play(
  session: Session,
  request: AgentRequest,
  repair: number | null = null,
): Promise<AgentOutcome> {
  const { x, step, name } = session
  const stop = new AbortController()
  const hold = x.budgets.enter({
    stepKey: step.key,
    budget: step.spec.budget,
    stop: (excess) => stop.abort(excessError(x.runId, name, excess)),
  })
  if (!('leave' in hold)) throw excessError(x.runId, name, hold)
  try {
    return await turn(
      session,
      { ...request, signal: AbortSignal.any([request.signal, stop.signal]) },
      repair,
      stop.signal,
    )
  } finally {
    hold.leave()
  }
}

async function turn(
  session: Session,
  request: AgentRequest,
  repair: number | null,
  stopped: AbortSignal,
): Promise<AgentOutcome> {
  const { x, step, attempt, adapter, name, path } = session
  const stepKey = step.key
  await x.journal.commit(
    journalEvent('agent.started', {
      stepKey,
      attempt: attempt.number,
      agent: adapter.name,
      name,
      sessionId: request.sessionId,
      model: request.model,
      sessionFilePath: path,
      resumed: request.resume,
      ...(repair === null ? {} : { repair }),
      ...(request.copyOf === undefined ? {} : { copyOf: request.copyOf.sessionId }),
    }),
  )
  try {
    const outcome = await adapter.run(request, observer(session, request.sessionId))
    x.journal.add(journalEvent('agent.completed', { stepKey, stopReason: outcome.stopReason }))
    return outcome
  } catch (thrown) {
    const error: unknown = stopped.aborted && !attempt.signal.aborted ? stopped.reason : thrown
    x.journal.add(journalEvent('agent.failed', { stepKey, error: toErrorRecord(error) }))
    throw error
  }
}

function observer({ x, step, attempt, name }: Session, presetId: string | null): AgentObserver {
  const stepKey = step.key
  return {
    onSession: async (sessionId) => {
      const told = journalEvent('agent.updated', { stepKey, sessionId })
      // A preset id is durable since the start of the agent; one that the agent chose must be before it is paid.
      if (sessionId === presetId) x.journal.add(told)
      else await x.journal.commit(told)
    },
    onModel: (model) => x.journal.add(journalEvent('agent.updated', { stepKey, model })),
    onProcess: (process) => x.journal.add(journalEvent('agent.updated', { stepKey, process })),
    onUsage: (usage) => {
      // An agent that goes on after a kill may report again what the journal has already.
      if (usage.callId === null || x.index.isNewUsage(usage.callId))
        x.journal.add(journalEvent('usage.recorded', { stepKey, ...x.deps.price(usage) }))
    },
    onActivity: ({ kind, text }) => {
      x.deps.onActivity({ runId: x.runId, stepKey, kind, text })
      const log = (stepId: string): void =>
        x.deps.files.log({
          runId: x.runId,
          stepId,
          stepNumber: attempt.stepNumber,
          stepName: name,
          level: 'info',
          message: text,
          data: { agent: kind },
        })
      attempt.id().then(log, () => {})
    },
  }
}
