import {
  toMilliseconds,
  WorkflowError,
  type AgentReference,
  type RunCliOptions,
} from '@holdfast/workflow-sdk'
import type { AgentAdapter, AgentRequest } from '@holdfast/workflow-sdk/ports'
import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import type { Execution } from '../../execution/Execution.ts'
import type { Attempt } from '../../steps/StepSpec.ts'
import { jsonSchemaOf } from '../jsonSchema.ts'
import { recordedPlace } from '../recordedPlace.ts'
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
 * @throws WorkflowError `AGENT_CAPABILITY_MISSING`, `OPTION_INVALID`, `DURATION_INVALID` or `PATH_OUTSIDE_WORKSPACE` for its options.
 */
export async function freshRequest(
  x: Execution,
  { name, agent, prompt, options }: AgentCall,
  attempt: Attempt,
  adapter: AgentAdapter,
  transcriptPath: string,
): Promise<AgentRequest> {
  const workspace = workspaceOf(x)
  const earlier = options.resume ?? null
  const session = earlier === null ? null : x.index.sessions.find(earlier)
  const copied = session !== null && 'copyOf' in session ? session : null
  if (copied !== null && adapter.capabilities.copySession !== true)
    throw cannotCopy(x, name, adapter, copied.copyOf)
  const own = adapter.capabilities.presetSessionId ? randomUUID() : null
  return {
    agent,
    stepName: name,
    place: recordedPlace(x, attempt.key),
    prompt,
    cwd:
      options.cwd === undefined
        ? x.facts.workspacePath
        : await workspace.files.resolve(x.facts.workspacePath, options.cwd),
    sessionId: session !== null && 'resume' in session ? session.resume : own,
    resume: session !== null,
    ...(copied === null
      ? {}
      : {
          copyOf: {
            sessionId: copied.copyOf,
            transcriptPath: resolve(x.facts.project.path, copied.sessionFilePath),
          },
        }),
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
  const { copyOf: _copied, ...same } = fresh
  return { ...same, prompt: CONTINUE, sessionId, resume: true, recovers: true }
}

function cannotCopy(x: Execution, name: string, adapter: AgentAdapter, sessionId: string): WorkflowError {
  return new WorkflowError(
    'AGENT_CAPABILITY_MISSING',
    `Agent step "${name}" goes on with session ${sessionId} of the run that ${x.runId} was forked from, and ${adapter.name} cannot go on in a copy. Fork from the step that began this session, so that it begins anew.`,
    { details: { agent: adapter.name, sessionId } },
  )
}
