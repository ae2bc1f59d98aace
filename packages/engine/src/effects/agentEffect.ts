import {
  toErrorRecord,
  toMilliseconds,
  WorkflowError,
  validateWith,
  type AgentReference,
  type AgentResult,
  type RunCliOptions,
} from '@holdfast/workflow-sdk'
import { journalEvent, type Json } from '@holdfast/workflow-sdk/journal'
import type { AgentAdapter, AgentObserver, AgentOutcome, AgentRequest } from '@holdfast/workflow-sdk/ports'
import { randomUUID } from 'node:crypto'
import type { Execution } from '../execution/Execution.ts'
import type { StepCall } from '../steps/StepCall.ts'
import type { Attempt, StepSpec } from '../steps/StepSpec.ts'
import { jsonSchemaOf } from './jsonSchema.ts'
import { workspaceOf } from './workspaceOf.ts'

/** What a resumed agent is told after its process died (its session holds the task). */
const CONTINUE =
  'Your process was interrupted. Look at the current state of the files, then continue with the task from where you were.'

/** The effect of `ctx.runCli`: one agent session in the workspace. */
export function agentEffect(
  x: Execution,
  name: string,
  agent: AgentReference,
  prompt: string,
  options: RunCliOptions,
): StepSpec['effect'] {
  return async (attempt, step) => {
    const workspace = workspaceOf(x)
    const adapter = x.deps.agents.get(agent.agent)
    const stepId = await attempt.id()
    const sessionFile = await x.deps.files.sessionFile(
      x.facts.project,
      x.runId,
      stepId,
      `${name}-${attempt.number}`,
    )
    const cwd =
      options.cwd === undefined
        ? x.facts.workspacePath
        : await workspace.files.resolve(x.facts.workspacePath, options.cwd)
    const fresh: AgentRequest = {
      agent,
      stepName: name,
      prompt,
      cwd,
      sessionId: options.resume ?? (adapter.capabilities.presetSessionId ? randomUUID() : null),
      resume: options.resume !== undefined,
      model: options.model ?? null,
      permissionMode: options.permissionMode ?? 'edit',
      allowedTools: options.allowedTools ?? [],
      maxTurns: options.maxTurns ?? null,
      outputSchema:
        options.schema === undefined ? null : jsonSchemaOf(options.schema, `schema of agent step "${name}"`),
      env: options.env ?? {},
      marker: { runId: x.runId, stepId },
      transcriptPath: sessionFile.absolute,
      idleTimeoutMs:
        options.idleTimeoutMs === undefined
          ? x.deps.settings.agentIdleTimeoutMs
          : toMilliseconds(options.idleTimeoutMs, `idleTimeoutMs of "${name}"`),
      signal: attempt.signal,
    }
    await adapter.check(fresh)
    const lost = attempt.interrupted?.agentSessionId ?? null
    const resumed: AgentRequest = {
      ...fresh,
      prompt: CONTINUE,
      sessionId: lost,
      resume: true,
      recovers: true,
    }
    const session = { x, step, attempt, adapter, name, path: sessionFile.relative }
    const outcome =
      lost !== null && adapter.capabilities.resume
        ? await resumeOrAnew(session, resumed, fresh)
        : await play(session, fresh)
    const output = options.schema === undefined ? undefined : await checked(options, name, outcome)
    const after =
      attempt.treeBefore === null
        ? null
        : await workspace.snapshot(x.facts.workspacePath, {
            runId: x.runId,
            stepId: `${stepId}-${attempt.number}`,
            when: 'after',
          })
    const changed =
      after === null || attempt.treeBefore === null
        ? []
        : await workspace.changedFiles(x.facts.workspacePath, attempt.treeBefore, after.treeId)
    const value: AgentResult = {
      text: outcome.text,
      output,
      sessionId: outcome.sessionId,
      usage: { ...outcome.usage, totalTokens: outcome.usage.inputTokens + outcome.usage.outputTokens },
      costUsd: outcome.costUsd,
      changedFiles: changed.map((file) => file.path).toSorted(),
      stopReason: outcome.stopReason,
    }
    return { value, rawOutput: outcome.text, ...(after === null ? {} : { treeId: after.treeId }) }
  }
}

interface Session {
  readonly x: Execution
  readonly step: StepCall<unknown>
  readonly attempt: Attempt
  readonly adapter: AgentAdapter
  readonly name: string
  readonly path: string
}

/** Goes on with the session of the process that died; one that is gone starts anew, and the run says so. */
async function resumeOrAnew(
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

/** Plays one session. Its id is durable before the first token is paid. */
async function play(session: Session, request: AgentRequest): Promise<AgentOutcome> {
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
    }),
  )
  try {
    const outcome = await adapter.run(request, observer(session))
    x.journal.add(journalEvent('agent.completed', { stepKey, stopReason: outcome.stopReason }))
    return outcome
  } catch (error) {
    x.journal.add(journalEvent('agent.failed', { stepKey, error: toErrorRecord(error) }))
    throw error
  }
}

function observer({ x, step, attempt, name }: Session): AgentObserver {
  const stepKey = step.key
  return {
    onSession: (sessionId) => x.journal.add(journalEvent('agent.updated', { stepKey, sessionId })),
    onModel: (model) => x.journal.add(journalEvent('agent.updated', { stepKey, model })),
    onProcess: (process) => x.journal.add(journalEvent('agent.updated', { stepKey, process })),
    onUsage: (usage) => x.journal.add(journalEvent('usage.recorded', { stepKey, ...usage })),
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

async function checked(options: RunCliOptions, name: string, outcome: AgentOutcome): Promise<Json> {
  if (options.schema === undefined) return null
  return (await validateWith(
    options.schema,
    outcome.output,
    `The answer of agent step "${name}"`,
    'ANSWER_INVALID',
  )) as Json
}
