import { WorkflowError } from '@holdfast/workflow-sdk'
import type { AgentRequest } from '@holdfast/workflow-sdk/ports'
import type { Environment } from '@holdfast/workspace'
import { findProgram } from '../programs/findProgram.ts'
import { invalidOption, notInstalled } from '../programs/refusals.ts'
import { geminiSettings } from './settings.ts'

/** What can be checked of a request before it is run. */
export type GeminiRequest = Omit<AgentRequest, 'signal' | 'marker' | 'transcriptPath'>

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * Refuses what Gemini CLI would refuse or misread, and what it cannot do.
 * @throws WorkflowError `OPTION_INVALID`, `OPTION_UNKNOWN`, `AGENT_CAPABILITY_MISSING`.
 */
export function checkGeminiRequest(request: GeminiRequest): void {
  geminiSettings(request.agent)
  if (request.resume && request.sessionId === null) {
    throw invalidOption(
      'gemini',
      'resume',
      'A session can only be resumed by its id. Give the sessionId of the earlier step.',
    )
  }
  if (request.sessionId !== null && !UUID.test(request.sessionId)) {
    throw invalidOption(
      'gemini',
      'sessionId',
      `Gemini CLI names sessions by UUIDs, and ${JSON.stringify(request.sessionId)} is none.`,
    )
  }
  if (request.prompt.trim() === '')
    throw invalidOption('gemini', 'prompt', 'The prompt is empty. Say what the agent is to do.')
  const flag = request.allowedTools.find((tool) => tool === '' || tool.startsWith('-'))
  if (flag !== undefined) {
    throw invalidOption(
      'gemini',
      'allowedTools',
      `${JSON.stringify(flag)} in allowedTools is no name of a tool.`,
    )
  }
  if (request.maxTurns !== null) {
    throw new WorkflowError(
      'AGENT_CAPABILITY_MISSING',
      'Gemini CLI cannot be told a largest number of turns for one step. Leave maxTurns out; model.maxSessionTurns in its own settings.json limits every session.',
      { details: { agent: 'gemini', capability: 'maxTurns' } },
    )
  }
}

/** The program that a reference or the environment names; null when it is not there. */
export function findGemini(
  command: string | undefined,
  cwd: string,
  user: Environment,
): Promise<string | null> {
  return findProgram(command ?? user['HOLDFAST_GEMINI_COMMAND'] ?? 'gemini', cwd, user['PATH'])
}

/** The program's absolute path. @throws WorkflowError `AGENT_NOT_INSTALLED`. */
export async function requireGemini(
  request: Pick<GeminiRequest, 'agent' | 'cwd'>,
  user: Environment,
): Promise<string> {
  const { command } = geminiSettings(request.agent)
  const file = await findGemini(command, request.cwd, user)
  if (file !== null) return file
  const asked = command ?? user['HOLDFAST_GEMINI_COMMAND'] ?? 'gemini'
  throw notInstalled('gemini', {
    title: 'Gemini CLI',
    asked,
    npmPackage: '@google/gemini-cli',
    variable: 'HOLDFAST_GEMINI_COMMAND',
  })
}
