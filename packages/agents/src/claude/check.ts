import type { AgentRequest } from '@holdfast/workflow-sdk/ports'
import { findProgram } from '../programs/findProgram.ts'
import { invalidOption, notInstalled } from '../programs/refusals.ts'
import type { Environment } from '@holdfast/workspace'
import { claudeSettings } from './settings.ts'

/** What can be checked of a request before it is run. */
export type ClaudeRequest = Omit<AgentRequest, 'signal' | 'marker' | 'transcriptPath'>

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Refuses what Claude Code would refuse or misread. @throws WorkflowError `OPTION_INVALID`, `OPTION_UNKNOWN`. */
export function checkClaudeRequest(request: ClaudeRequest): void {
  claudeSettings(request.agent)
  if (request.resume && request.sessionId === null) {
    throw invalidOption(
      'claude',
      'resume',
      'A session can only be resumed by its id. Give the sessionId of the earlier step.',
    )
  }
  for (const id of [request.sessionId, request.copyOf?.sessionId ?? null]) {
    if (id === null || UUID.test(id)) continue
    throw invalidOption(
      'claude',
      'sessionId',
      `Claude Code names sessions by UUIDs, and ${JSON.stringify(id)} is none.`,
    )
  }
  if (request.prompt.trim() === '')
    throw invalidOption('claude', 'prompt', 'The prompt is empty. Say what the agent is to do.')
  const flag = request.allowedTools.find((tool) => tool === '' || tool.startsWith('-'))
  if (flag !== undefined) {
    throw invalidOption(
      'claude',
      'allowedTools',
      `${JSON.stringify(flag)} in allowedTools is no name of a tool.`,
    )
  }
  if (request.maxTurns !== null && !(Number.isInteger(request.maxTurns) && request.maxTurns > 0)) {
    throw invalidOption(
      'claude',
      'maxTurns',
      `maxTurns is ${request.maxTurns}; it must be a whole number from 1.`,
    )
  }
}

/** The program that a reference or the environment names; null when it is not there. */
export function findClaude(
  command: string | undefined,
  cwd: string,
  user: Environment,
): Promise<string | null> {
  return findProgram(command ?? user['HOLDFAST_CLAUDE_COMMAND'] ?? 'claude', cwd, user['PATH'])
}

/** The program's absolute path. @throws WorkflowError `AGENT_NOT_INSTALLED`. */
export async function requireClaude(
  request: Pick<ClaudeRequest, 'agent' | 'cwd'>,
  user: Environment,
): Promise<string> {
  const { command } = claudeSettings(request.agent)
  const file = await findClaude(command, request.cwd, user)
  if (file !== null) return file
  const asked = command ?? user['HOLDFAST_CLAUDE_COMMAND'] ?? 'claude'
  throw notInstalled('claude', {
    title: 'Claude Code',
    asked,
    npmPackage: '@anthropic-ai/claude-code',
    variable: 'HOLDFAST_CLAUDE_COMMAND',
  })
}
