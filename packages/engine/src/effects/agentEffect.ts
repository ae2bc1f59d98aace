import type { AgentReference, RunCliOptions } from '@holdfast/workflow-sdk'
import type { Execution } from '../execution/Execution.ts'
import type { StepSpec } from '../steps/StepSpec.ts'
import { fittingAnswer } from './agent/answer.ts'
import { continuedRequest, freshRequest } from './agent/request.ts'
import { agentResult } from './agent/result.ts'
import type { Session } from './agent/session.ts'
import { converse } from './agent/converse.ts'
import { withEarlierMessages } from '../messages/prompts.ts'
import { workspaceOf } from './workspaceOf.ts'

/** The effect of `ctx.runCli`: one agent session in the workspace. */
export function agentEffect(
  x: Execution,
  name: string,
  agent: AgentReference,
  prompt: string,
  options: RunCliOptions,
): StepSpec['effect'] {
  return async (attempt, step) => {
    workspaceOf(x)
    const adapter = x.deps.agents.get(agent.agent)
    const file = await x.deps.files.sessionFile(
      x.facts.project,
      x.runId,
      await attempt.id(),
      `${name}-${attempt.number}`,
    )
    const call = { name, agent, prompt, options }
    const fresh = await freshRequest(x, call, attempt, adapter, file.absolute)
    await adapter.check(fresh)
    const session: Session = { x, step, attempt, adapter, name, task: prompt, path: file.relative }
    const lost =
      attempt.interrupted?.agentSessionId ??
      step.heldSessionId ??
      // The worker may have died between the start of the program and the moment at which it wrote the session's id down.
      (attempt.interrupted === null ? null : ((await adapter.findSession?.(fresh)) ?? null))
    const told = x.index.conversation.toldTo(step.key)
    const request =
      lost !== null && adapter.capabilities.resume
        ? continuedRequest(fresh, lost)
        : { ...fresh, prompt: withEarlierMessages(prompt, told) }
    const first = await converse(session, request, fresh)
    return await agentResult(session, await fittingAnswer(session, fresh, first, options))
  }
}
