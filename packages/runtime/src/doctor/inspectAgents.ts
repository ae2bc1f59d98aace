import type { AgentAdapter, AgentPort } from '@holdfast/workflow-sdk/ports'

/** What is known of one agent without asking a provider. */
export interface AgentStatus {
  readonly name: string
  /** Whether its program is there and starts. */
  readonly installed: boolean
  readonly version: string | null
  /** Null: unknown. */
  readonly signedIn: boolean | null
  /** What was found, in words. */
  readonly detail: string
  readonly capabilities: AgentAdapter['capabilities']
}

/** Where agents are looked for: adapters that are there already, or an environment. */
export interface InspectAgentsOptions {
  readonly agents?: AgentPort | undefined
  /** Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

/** Looks at every agent, all at the same time. Never throws for what it finds. */
export async function inspectAgents(options: InspectAgentsOptions = {}): Promise<readonly AgentStatus[]> {
  const agents = options.agents ?? (await known(options.env))
  return await Promise.all(
    agents.list().map(async (agent): Promise<AgentStatus> => {
      const { name, capabilities } = agent
      return { name, ...(await agent.inspect()), capabilities }
    }),
  )
}

async function known(env: InspectAgentsOptions['env']): Promise<AgentPort> {
  const { createAgents } = await import('@holdfast/agents')
  return createAgents(env === undefined ? {} : { environment: env })
}
