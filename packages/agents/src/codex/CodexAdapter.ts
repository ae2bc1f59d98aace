import type { AgentAdapter } from '@holdfast/workflow-sdk/ports'
import type { Environment } from '@holdfast/workspace'
import { requireCapabilities } from '../programs/requireCapabilities.ts'
import { checkCodexRequest, findCodex, requireCodex } from './check.ts'
import { codexEnvironment, codexHome } from './environment.ts'
import { findCodexSession } from './findSession.ts'
import { inspectCodex } from './inspect.ts'
import { retell } from '../programs/retell.ts'
import { CodexStream } from './CodexStream.ts'
import { runCodex } from './runCodex.ts'
import { codexSettings } from './settings.ts'

/** What Codex 0.169.0 can do; the tests against the real program hold the adapter to this. */
const CODEX_CAPABILITIES = {
  resume: true,
  presetSessionId: false,
  steer: false,
  structuredOutput: true,
  cost: false,
  permissionModes: ['plan', 'edit', 'full'],
  allowedTools: false,
  maxTurns: false,
} as const satisfies AgentAdapter['capabilities']

/** Codex through its command line. `user` is the environment of the person who runs Holdfast. */
export function createCodexAdapter(user: Environment): AgentAdapter {
  const self: AgentAdapter = {
    name: 'codex',
    capabilities: CODEX_CAPABILITIES,
    check: async (request) => {
      checkCodexRequest(request)
      requireCapabilities(self, request)
      await requireCodex(request, user)
    },
    run: async (request, observer) => {
      checkCodexRequest(request)
      requireCapabilities(self, request)
      return runCodex(request, observer, { command: await requireCodex(request, user), user })
    },
    retell: (file) => retell(file, (observer) => new CodexStream(observer, () => {})),
    interactive: async ({ sessionId, model, cwd }) => {
      const [file, ...args] = await requireCodex({ agent: { agent: 'codex' }, cwd }, user)
      return { file, args: [...args, 'resume', ...(model === null ? [] : ['--model', model]), sessionId] }
    },
    findSession: async (request) =>
      findCodexSession(request, codexHome(codexEnvironment(user, codexSettings(request.agent), request))),
    inspect: async () => inspectCodex(await findCodex(undefined, process.cwd(), user), user),
  }
  return self
}
