import { validateWith, WorkflowError, type RunCliOptions } from '@holdfast/workflow-sdk'
import type { AgentOutcome, AgentRequest } from '@holdfast/workflow-sdk/ports'
import { converse } from './converse.ts'
import type { Session } from './session.ts'

/** How often an answer goes back to the agent where the author does not say. */
export const DEFAULT_REPAIRS = 2

/** An outcome whose answer fits, with the answer as the schema gives it; `undefined` without a schema. */
export interface FittingAnswer {
  readonly outcome: AgentOutcome
  readonly output: unknown
}

/**
 * Checks the answer of an agent. One that does not fit goes back to it in the same session with the reason, as often
 * as the step says; repairs that were begun before a crash count.
 * @throws WorkflowError `ANSWER_INVALID` when the last answer does not fit either.
 */
export async function fittingAnswer(
  session: Session,
  fresh: AgentRequest,
  first: AgentOutcome,
  { schema, maxRepairs = DEFAULT_REPAIRS }: RunCliOptions,
): Promise<FittingAnswer> {
  if (schema === undefined) return { outcome: first, output: undefined }
  const { attempt, adapter, name } = session
  let outcome = first
  for (let repairs = attempt.interrupted?.repairs ?? 0; ;) {
    try {
      const what = `The answer of agent step "${name}"`
      return { outcome, output: await validateWith(schema, outcome.output, what, 'ANSWER_INVALID') }
    } catch (error) {
      const { sessionId } = outcome
      const canRepair = adapter.capabilities.resume && sessionId !== null && repairs < maxRepairs
      if (!canRepair || !WorkflowError.has(error, 'ANSWER_INVALID')) throw error
      repairs++
      outcome = await converse(session, repairRequest(fresh, sessionId, error.message), fresh, repairs)
    }
  }
}

/** Tells the agent in its session what was wrong with its answer. */
function repairRequest(fresh: AgentRequest, sessionId: string, reason: string): AgentRequest {
  const prompt = `Your answer was not accepted. ${reason}\nAnswer again, with nothing but what fits the schema you were given. Do not repeat work that is done.`
  const { copyOf: _copied, ...same } = fresh
  return { ...same, prompt, sessionId, resume: true }
}
