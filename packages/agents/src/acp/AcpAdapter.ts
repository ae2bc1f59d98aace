import type { AgentAdapter } from '@holdfast/workflow-sdk/ports'
import type { Environment } from '@holdfast/workspace'
import { checkAcpRequest, requireAcp } from './check.ts'
import { retell } from '../programs/retell.ts'
import { retoldUpdates } from './retold.ts'
import { runAcp } from './runAcp.ts'
import { acpSettings } from './settings.ts'

/**
 * What an agent of this protocol can do at most. What one lacks shows when it is asked at `initialize` and
 * `session/new`, before a prompt is sent: no way to resume is `AGENT_SESSION_NOT_FOUND`, no read-only mode and
 * no choice of models `AGENT_CAPABILITY_MISSING`.
 */
const ACP_CAPABILITIES = {
  resume: true,
  presetSessionId: false,
  steer: false,
  structuredOutput: true,
  cost: true,
  permissionModes: ['plan', 'edit', 'full'],
  allowedTools: true,
  maxTurns: false,
} as const satisfies AgentAdapter['capabilities']

/** Agents of the Agent Client Protocol. `user` is the environment of the person who runs Holdfast. */
export function createAcpAdapter(user: Environment): AgentAdapter {
  return {
    name: 'acp',
    nameOf: (reference) => `acp:${acpSettings(reference).name}`,
    capabilities: ACP_CAPABILITIES,
    check: async (request) => {
      checkAcpRequest(request)
      await requireAcp(request, user)
    },
    run: async (request, observer) => {
      checkAcpRequest(request)
      return runAcp(request, observer, { file: await requireAcp(request, user), user })
    },
    retell: (file) => retell(file, retoldUpdates),
    inspect: async () => ({
      installed: true,
      version: null,
      signedIn: null,
      detail: 'speaks the Agent Client Protocol, version 1; each reference names its own program',
    }),
  }
}
