import type { AgentAdapter } from '@holdfast/workflow-sdk/ports'
import { checkClaudeRequest, findClaude, requireClaude } from './check.ts'
import type { Environment } from '@holdfast/workspace'
import { inspectClaude } from './inspect.ts'
import { runClaude } from './runClaude.ts'

/** What Claude Code 2.1.329 can do; the tests against the real program hold the adapter to this. */
const CLAUDE_CAPABILITIES = {
  resume: true,
  copySession: true,
  presetSessionId: true,
  steer: false,
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
    inspect: async () => inspectClaude(await findClaude(undefined, process.cwd(), user), user),
  }
}
