import type { AgentAdapter } from '@holdfast/workflow-sdk/ports'
import type { Environment } from '@holdfast/workspace'
import { checkGeminiRequest, findGemini, requireGemini } from './check.ts'
import { inspectGemini } from './inspect.ts'
import { retell } from '../programs/retell.ts'
import { GeminiStream } from './GeminiStream.ts'
import { runGemini } from './runGemini.ts'

/** What Gemini CLI 0.61.0 can do; the tests against the real program hold the adapter to this. */
const GEMINI_CAPABILITIES = {
  resume: true,
  presetSessionId: true,
  steer: false,
  structuredOutput: true,
  cost: false,
  permissionModes: ['plan', 'edit', 'full'],
  allowedTools: true,
  maxTurns: false,
} as const satisfies AgentAdapter['capabilities']

/** Gemini CLI through its command line. `user` is the environment of the person who runs Holdfast. */
export function createGeminiAdapter(user: Environment): AgentAdapter {
  return {
    name: 'gemini',
    capabilities: GEMINI_CAPABILITIES,
    check: async (request) => {
      checkGeminiRequest(request)
      await requireGemini(request, user)
    },
    run: async (request, observer) => {
      checkGeminiRequest(request)
      return runGemini(request, observer, { file: await requireGemini(request, user), user })
    },
    retell: (file) => retell(file, (observer) => new GeminiStream(observer)),
    interactive: async ({ sessionId, model, cwd }) => ({
      file: await requireGemini({ agent: { agent: 'gemini' }, cwd }, user),
      args: ['--resume', sessionId, ...(model === null ? [] : ['--model', model])],
    }),
    inspect: async () => inspectGemini(await findGemini(undefined, process.cwd(), user), user),
  }
}
