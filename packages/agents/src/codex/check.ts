import { realpath } from 'node:fs/promises'
import type { AgentRequest } from '@holdfast/workflow-sdk/ports'
import type { Environment } from '@holdfast/workspace'
import { findProgram } from '../programs/findProgram.ts'
import { invalidOption, notInstalled } from '../programs/refusals.ts'
import { codexSettings } from './settings.ts'

/** What can be checked of a request before it is run. */
export type CodexRequest = Omit<AgentRequest, 'signal' | 'marker' | 'transcriptPath'>

/** A program, and the arguments that come before all others. */
export type CodexCommand = readonly [file: string, ...args: string[]]

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Refuses what Codex would refuse or misread. @throws WorkflowError `OPTION_INVALID`, `OPTION_UNKNOWN`. */
export function checkCodexRequest(request: CodexRequest): void {
  codexSettings(request.agent)
  const { resume, sessionId, prompt, model } = request
  if (resume && sessionId === null) {
    throw invalidOption(
      'codex',
      'resume',
      'A session can only be resumed by its id. Give the sessionId of the earlier step.',
    )
  }
  if (!resume && sessionId !== null) {
    throw invalidOption(
      'codex',
      'sessionId',
      'Codex chooses the id of a new session itself. Resume the session, or give no id.',
    )
  }
  if (sessionId !== null && !UUID.test(sessionId)) {
    throw invalidOption(
      'codex',
      'sessionId',
      `Codex names sessions by UUIDs, and ${JSON.stringify(sessionId)} is none. Give the id that an earlier step answered.`,
    )
  }
  if (prompt.trim() === '')
    throw invalidOption('codex', 'prompt', 'The prompt is empty. Say what the agent is to do.')
  if (model !== null && (model === '' || model.startsWith('-'))) {
    throw invalidOption('codex', 'model', `${JSON.stringify(model)} is no name of a model.`)
  }
}

/** The program that a reference or the environment names; null when it is not there. */
export async function findCodex(
  command: string | undefined,
  cwd: string,
  user: Environment,
): Promise<CodexCommand | null> {
  const found = await findProgram(command ?? askedFor(user), cwd, user['PATH'])
  if (found === null) return null
  const file = await realpath(found)
  // The wrapper of the npm package becomes the program under Node.js 22.15 and newer; under an older one it stays
  // its parent, whose death would leave the program behind. So it runs under ours.
  return /\.[cm]?js$/.test(file) ? [process.execPath, file] : [found]
}

/** The program. @throws WorkflowError `AGENT_NOT_INSTALLED`. */
export async function requireCodex(
  request: Pick<CodexRequest, 'agent' | 'cwd'>,
  user: Environment,
): Promise<CodexCommand> {
  const { command } = codexSettings(request.agent)
  const found = await findCodex(command, request.cwd, user)
  if (found !== null) return found
  const asked = command ?? askedFor(user)
  throw notInstalled('codex', {
    title: 'Codex',
    asked,
    npmPackage: '@openai/codex',
    variable: 'HOLDFAST_CODEX_COMMAND',
  })
}

function askedFor(user: Environment): string {
  return user['HOLDFAST_CODEX_COMMAND'] ?? 'codex'
}
