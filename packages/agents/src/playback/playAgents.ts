import { randomUUID } from 'node:crypto'
import { WorkflowError, type ErrorCode } from '@holdfast/workflow-sdk'
import type { AgentAdapter, AgentObserver, AgentOutcome, AgentRequest } from '@holdfast/workflow-sdk/ports'
import type { TokenCounts } from '@holdfast/workflow-sdk/journal'
import { NO_TOKENS, addTokens } from '../programs/tokenCounts.ts'
import { applyFiles } from './applyFiles.ts'
import type { RecordedAgentStep, RecordedFailure, RecordedUsage } from './format.ts'
import type { Playback } from './Playback.ts'

/** The agents that recordings stand for, whatever is installed. */
const NAMES = ['claude', 'codex', 'gemini', 'acp', 'replay']

/** Everything that was recorded was possible then. A session that is interrupted is played again, not resumed. */
const CAPABILITIES: AgentAdapter['capabilities'] = {
  resume: false,
  copySession: true,
  presetSessionId: false,
  steer: false,
  structuredOutput: true,
  cost: true,
  permissionModes: ['plan', 'edit', 'full'],
  allowedTools: true,
  maxTurns: true,
}

/** Adapters that answer from a recording, without a program: the files of a step are changed as they were then. */
export function playbackAgents(playback: Playback): readonly AgentAdapter[] {
  const recorded = playback.recording.agents.map((step) => step.agent)
  return [...new Set([...NAMES, ...recorded])].map((name) => ({
    name,
    capabilities: CAPABILITIES,
    check: async (request) => void find(playback, request),
    run: (request, observer) => run(playback, request, observer),
    inspect: async () => ({
      installed: true,
      version: null,
      signedIn: true,
      detail: 'played from a recording',
    }),
  }))
}

type Request = Pick<AgentRequest, 'agent' | 'place' | 'stepName' | 'prompt'>

/** The recorded step, when it is the one that is asked for. @throws WorkflowError `RECORDING_DIVERGED`. */
function find(playback: Playback, { agent, place, stepName = '' }: Request): RecordedAgentStep {
  const step = playback.agentStep(place?.stepKey ?? stepName, stepName)
  if (step.agent !== agent.agent)
    throw playback.error(step, 'agent', `it is done by ${agent.agent}, recorded was ${step.agent}`, {
      recorded: step.agent,
      asked: agent.agent,
    })
  return step
}

async function run(
  playback: Playback,
  request: AgentRequest,
  observer: AgentObserver,
): Promise<AgentOutcome> {
  const step = find(playback, request)
  const workspacePath = request.place?.workspacePath ?? request.cwd
  playback.compareText(step, 'prompt', step.prompt, request.prompt, {
    runId: request.marker.runId,
    workspacePath,
  })
  const { end } = step
  await observer.onSession('failure' in end ? randomUUID() : (end.sessionId ?? randomUUID()))
  for (const activity of step.activity) observer.onActivity(activity)
  for (const usage of step.usage) observer.onUsage(usageOf(usage))
  if ('failure' in end) throw failure(end.failure)
  await changeFiles(playback, step, workspacePath)
  request.signal.throwIfAborted()
  return {
    text: end.text,
    output: end.output,
    sessionId: end.sessionId,
    stopReason: end.stopReason,
    usage: sumOf(step.usage),
    costUsd: costOf(step.usage),
  }
}

async function changeFiles(
  playback: Playback,
  step: RecordedAgentStep,
  workspacePath: string,
): Promise<void> {
  if (step.files === null)
    throw new WorkflowError(
      'AGENT_RECORDING_INVALID',
      `What agent step "${step.name}" (${step.key}) changed is not recorded, as another step wrote at the same time. Let them write one after the other, or each in a worktree, and record again.`,
      { details: { step: step.name, key: step.key } },
    )
  const different = await applyFiles(workspacePath, step.files)
  if (different === null) return
  throw playback.error(step, 'file', `${different.path} is not as it was then: ${different.why}`, {
    path: different.path,
  })
}

/** Tokens of several calls together. */
export function sumOf(usage: readonly RecordedUsage[]): TokenCounts {
  return usage.reduce(
    (sum, { provider: _p, model: _m, costUsd: _c, ...tokens }) => addTokens(sum, tokens),
    NO_TOKENS,
  )
}

/** US dollars of several calls together; null where one is unknown. */
export function costOf(usage: readonly RecordedUsage[]): number | null {
  return usage.reduce<number | null>(
    (sum, { costUsd }) => (sum === null || costUsd === null ? null : sum + costUsd),
    0,
  )
}

/** A recorded call under an id of its own. */
export function usageOf(usage: RecordedUsage): Parameters<AgentObserver['onUsage']>[0] {
  const priceSource = usage.costUsd === null ? null : 'recording'
  return { ...usage, priceSource, latencyMs: null, callId: `recorded-${randomUUID()}` }
}

/** The error with which a recorded step ended. */
export function failure({ code, message }: RecordedFailure): WorkflowError {
  return new WorkflowError(code as ErrorCode, message, { details: { recorded: true } })
}
