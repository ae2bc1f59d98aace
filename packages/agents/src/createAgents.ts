import { WorkflowError } from '@holdfast/workflow-sdk'
import type { AgentAdapter, AgentPort } from '@holdfast/workflow-sdk/ports'
import { createAcpAdapter } from './acp/AcpAdapter.ts'
import { createClaudeAdapter } from './claude/ClaudeAdapter.ts'
import { createCodexAdapter } from './codex/CodexAdapter.ts'
import { createGeminiAdapter } from './gemini/GeminiAdapter.ts'
import type { Environment } from '@holdfast/workspace'
import { createReplayAdapter } from './replay/ReplayAdapter.ts'

/** Options of {@link createAgents}. */
export interface AgentsOptions {
  /** Environment of the person who runs Holdfast: sign-in, endpoint, PATH; default `process.env`. */
  readonly environment?: Environment
  /** Further adapters; one with the name of a built-in one takes its place. */
  readonly adapters?: readonly AgentAdapter[]
}

/** The agents of this installation: `claude`, `codex`, `gemini`, `acp`, `replay`, and those of the options. */
export function createAgents(options: AgentsOptions = {}): AgentPort {
  const environment = options.environment ?? process.env
  const adapters = new Map<string, AgentAdapter>()
  for (const adapter of [
    createClaudeAdapter(environment),
    createCodexAdapter(environment),
    createGeminiAdapter(environment),
    createAcpAdapter(environment),
    createReplayAdapter(environment),
    ...(options.adapters ?? []),
  ]) {
    adapters.set(adapter.name, adapter)
  }
  return {
    get: (name) => {
      const adapter = adapters.get(name)
      if (adapter !== undefined) return adapter
      const known = [...adapters.keys()]
      throw new WorkflowError(
        'AGENT_UNKNOWN',
        `There is no agent ${JSON.stringify(name)}. Known are ${known.join(', ')}; import one from "holdfast/agents".`,
        { details: { agent: name, known } },
      )
    },
    list: () => [...adapters.values()],
  }
}
