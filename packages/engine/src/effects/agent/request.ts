import { toMilliseconds, type AgentReference, type RunCliOptions } from '@holdfast/workflow-sdk'
import type { AgentAdapter, AgentRequest } from '@holdfast/workflow-sdk/ports'
import { randomUUID } from 'node:crypto'
import type { Execution } from '../../execution/Execution.ts'
import type { Attempt } from '../../steps/StepSpec.ts'
import { jsonSchemaOf } from '../jsonSchema.ts'
import { workspaceOf } from '../workspaceOf.ts'

/** What a call of `ctx.runCli` asks for. */
export interface AgentCall {
  readonly name: string
  readonly agent: AgentReference
  readonly prompt: string
  readonly options: RunCliOptions
}

/** What a resumed agent is told after its process died (its session holds the task). */
const CONTINUE =
  'Your process was interrupted. Look at the current state of the files, then continue with the task from where you were.'

/**
 * The request that begins an attempt of an agent step.
 * @param transcriptPath Absolute path of the session file.
 * @throws WorkflowError `OPTION_INVALID`, `DURATION_INVALID` or `PATH_OUTSIDE_WORKSPACE` for its options.
 */
export async function freshRequest(
  x: Execution,
  { name, agent, prompt, options }: AgentCall,
  attempt: Attempt,
  adapter: AgentAdapter,
  transcriptPath: string,
): Promise<AgentRequest> {
  const workspace = workspaceOf(x)
  return {
    agent,
    stepName: name,
    prompt,
    cwd:
      options.cwd === undefined
        ? x.facts.workspacePath
        : await workspace.files.resolve(x.facts.workspacePath, options.cwd),
    sessionId: options.resume ?? (adapter.capabilities.presetSessionId ? randomUUID() : null),
    resume: options.resume !== undefined,
    model: options.model ?? null,
    permissionMode: options.permissionMode ?? 'edit',
    allowedTools: options.allowedTools ?? [],
    maxTurns: options.maxTurns ?? null,
    outputSchema:
      options.schema === undefined ? null : jsonSchemaOf(options.schema, `schema of agent step "${name}"`),
    env: options.env ?? {},
    marker: { runId: x.runId, stepId: await attempt.id() },
    transcriptPath,
    idleTimeoutMs:
      options.idleTimeoutMs === undefined
        ? x.deps.settings.agentIdleTimeoutMs
        : toMilliseconds(options.idleTimeoutMs, `idleTimeoutMs of "${name}"`),
    signal: attempt.signal,
  }
}

/** The request that goes on with the session of a process that died. */
export function continuedRequest(fresh: AgentRequest, sessionId: string): AgentRequest {
  return { ...fresh, prompt: CONTINUE, sessionId, resume: true, recovers: true }
}
