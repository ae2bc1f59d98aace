import {
  createAgents,
  createModels,
  priceUsage,
  type ModelsConfig,
  type PriceOverrides,
} from '@holdfast/agents'
import {
  createEngine,
  type Activity,
  type Engine,
  type EngineOptions,
  type EngineSettings,
  type ReplayDry,
} from '@holdfast/engine'
import type { IWorkflowStore } from '@holdfast/store/contract'
import type {
  AgentPort,
  Clock,
  ModelPort,
  PromptPort,
  DefinitionPort,
  RunFilesPort,
  WorkspacePort,
} from '@holdfast/workflow-sdk/ports'
import { createHostPort, createWorkspacePort } from '@holdfast/workspace'

/** The parts of an engine that are made elsewhere; the others have defaults. */
export interface EngineParts {
  readonly store: IWorkflowStore
  readonly definitions: DefinitionPort
  readonly files: RunFilesPort
  readonly agents?: AgentPort
  readonly prompts: PromptPort
  readonly models?: ModelPort | ModelsConfig
  /** Where keys of models are looked up; default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly clock?: Clock
  readonly settings?: Partial<EngineSettings>
  readonly workspaceGroup?: string
  readonly pricing?: PriceOverrides
  readonly money?: Partial<Pick<EngineOptions, 'sharedBudgets' | 'breaker'>>
  readonly onActivity?: (activity: Activity) => void
  readonly replayDry?: ReplayDry
}

/** Wires engine, agents and workspace to their ports. A module of its own, as only acting commands need it. */
export function assembleEngine(parts: EngineParts): {
  readonly engine: Engine
  readonly agents: AgentPort
  readonly workspace: WorkspacePort
} {
  const agents = parts.agents ?? createAgents()
  const workspace = createWorkspacePort()
  const engine = createEngine({
    store: parts.store,
    workspace,
    agents,
    definitions: parts.definitions,
    models: modelsOf(parts),
    prompts: parts.prompts,
    files: parts.files,
    price: priceUsage(parts.pricing),
    host: createHostPort(),
    ...parts.money,
    ...(parts.clock === undefined ? {} : { clock: parts.clock }),
    ...(parts.settings === undefined ? {} : { settings: parts.settings }),
    ...(parts.workspaceGroup === undefined ? {} : { workspaceGroup: parts.workspaceGroup }),
    ...(parts.replayDry === undefined ? {} : { replayDry: parts.replayDry }),
    ...(parts.onActivity === undefined ? {} : { onActivity: parts.onActivity }),
  })
  return { engine, agents, workspace }
}

function modelsOf({ models = {}, env }: EngineParts): ModelPort {
  if ('ask' in models) return models
  return createModels({ config: models, ...(env === undefined ? {} : { environment: env }) })
}
