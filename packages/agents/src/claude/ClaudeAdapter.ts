import type { AgentAdapter } from '@holdfast/workflow-sdk/ports'
import { checkClaudeRequest, findClaude, requireClaude } from './check.ts'
import type { Environment } from '@holdfast/workspace'
import { inspectClaude } from './inspect.ts'
import { retell } from '../programs/retell.ts'
import { ClaudeStream } from './ClaudeStream.ts'
import { runClaude } from './runClaude.ts'

/** What Claude Code 2.1.329 can do; the tests against the real program hold the adapter to this. */
const CLAUDE_CAPABILITIES = {
  resume: true,
  copySession: true,
  presetSessionId: true,
  steer: true,
  structuredOutput: true,
  cost: true,
  permissionModes: ['plan', 'edit', 'full'],
  allowedTools: true,
  maxTurns: true,
} as const satisfies AgentAdapter['capabilities']

/** Claude Code through its command line. `user` is the environment of the person who runs Holdfast. */
export function createClaudeAdapter(user: Environment): AgentAdapter {
  return {
    name: 'claude',
    capabilities: CLAUDE_CAPABILITIES,
    check: async (request) => {
      checkClaudeRequest(request)
      await requireClaude(request, user)
    },
    run: async (request, observer) => {
      checkClaudeRequest(request)
      return runClaude(request, observer, { file: await requireClaude(request, user), user })
    },
    retell: (file) => retell(file, (observer) => new ClaudeStream(observer, () => 0)),
    interactive: async ({ sessionId, model, cwd }) => ({
      file: await requireClaude({ agent: { agent: 'claude' }, cwd }, user),
      args: ['--resume', sessionId, ...(model === null ? [] : ['--model', model])],
    }),
    inspect: async () => inspectClaude(await findClaude(undefined, process.cwd(), user), user),
  }
}
