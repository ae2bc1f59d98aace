import { validateWith, type AgentReference, type RunCliOptions } from '@holdfast/workflow-sdk'
import type { Json } from '@holdfast/workflow-sdk/journal'
import type { AgentOutcome } from '@holdfast/workflow-sdk/ports'
import type { Execution } from '../execution/Execution.ts'
import type { StepSpec } from '../steps/StepSpec.ts'
import { continuedRequest, freshRequest } from './agent/request.ts'
import { agentResult } from './agent/result.ts'
import { play, resumeOrAnew, type Session } from './agent/session.ts'
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
    const session: Session = { x, step, attempt, adapter, name, path: file.relative }
    const lost = attempt.interrupted?.agentSessionId ?? null
    const outcome =
      lost !== null && adapter.capabilities.resume
        ? await resumeOrAnew(session, continuedRequest(fresh, lost), fresh)
        : await play(session, fresh)
    const output = options.schema === undefined ? undefined : await checked(options, name, outcome)
    return await agentResult(x, attempt, outcome, output)
  }
}

async function checked(options: RunCliOptions, name: string, outcome: AgentOutcome): Promise<Json> {
  if (options.schema === undefined) return null
  return (await validateWith(
    options.schema,
    outcome.output,
    `The answer of agent step "${name}"`,
    'ANSWER_INVALID',
  )) as Json
}
