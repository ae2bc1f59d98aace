import { WorkflowError } from '@holdfast/workflow-sdk'
import type { AgentRequest } from '@holdfast/workflow-sdk/ports'
import type { Environment } from '@holdfast/workspace'
import { findProgram } from '../programs/findProgram.ts'
import { invalidOption } from '../programs/refusals.ts'
import { acpSettings } from './settings.ts'

/** What can be checked of a request before it is run. */
export type AcpRequest = Omit<AgentRequest, 'signal' | 'marker' | 'transcriptPath'>

/** Refuses what the protocol has no place for. @throws WorkflowError `OPTION_INVALID`, `OPTION_UNKNOWN`, `AGENT_CAPABILITY_MISSING`. */
export function checkAcpRequest(request: AcpRequest): void {
  acpSettings(request.agent)
  if (request.resume && request.sessionId === null) {
    throw invalidOption(
      'acp',
      'resume',
      'A session can only be resumed by its id. Give the sessionId of the earlier step.',
    )
  }
  if (!request.resume && request.sessionId !== null) {
    throw invalidOption('acp', 'sessionId', 'An agent of this protocol names its sessions itself.')
  }
  if (request.prompt.trim() === '')
    throw invalidOption('acp', 'prompt', 'The prompt is empty. Say what the agent is to do.')
  if (request.maxTurns !== null) {
    throw new WorkflowError(
      'AGENT_CAPABILITY_MISSING',
      'The Agent Client Protocol has no largest number of turns. Leave maxTurns out, or set a limit in the configuration of the agent.',
      { details: { agent: 'acp', capability: 'maxTurns' } },
    )
  }
}

/** The program's absolute path. @throws WorkflowError `AGENT_NOT_INSTALLED`. */
export async function requireAcp(
  request: Pick<AcpRequest, 'agent' | 'cwd'>,
  user: Environment,
): Promise<string> {
  const { name, command, env } = acpSettings(request.agent)
  const [asked = ''] = command
  const file = await findProgram(asked, request.cwd, env?.['PATH'] ?? user['PATH'])
  if (file !== null) return file
  throw new WorkflowError(
    'AGENT_NOT_INSTALLED',
    `The agent ${name} is not there: no program ${JSON.stringify(asked)} was found. Install it, or name its path in the setting command.`,
    { details: { agent: 'acp', name, command: asked } },
  )
}
