import type { IWorkflowStore } from '@holdfast/store/contract'
import type {
  AgentPort,
  AgentUsage,
  Clock,
  DefinitionPort,
  HostPort,
  ModelPort,
  PromptPort,
  RunFilesPort,
  WorkspacePort,
} from '@holdfast/workflow-sdk/ports'
import type { ReplayDry } from './dry/contract.ts'
import type { SharedLimits } from './budgets/SharedBudgets.ts'
import type { BreakerSettings } from './steps/breaker.ts'
import type { EngineSettings } from './settings.ts'

/** Something a step says while it works, for people who watch; not kept. */
export interface Activity {
  readonly runId: string
  readonly stepKey: string
  /** `delta`: the next piece of a model's answer. */
  readonly kind: 'text' | 'tool' | 'notice' | 'output' | 'delta'
  readonly text: string
}

/** What an engine is made of. */
export interface EngineDependencies {
  readonly store: IWorkflowStore
  /** Null where runs touch no files: git, files, shell and agents are refused then. */
  readonly workspace: WorkspacePort | null
  readonly agents: AgentPort
  /** Null where no models can be asked; with them come prompts. */
  readonly models: ModelPort | null
  readonly prompts: PromptPort | null
  readonly definitions: DefinitionPort
  readonly files: RunFilesPort
  readonly host: HostPort
  /** Hosts that give the same name share the disk of their workspaces (W2); null: this one shares with nobody. */
  readonly workspaceGroup: string | null
  readonly clock: Clock
  readonly settings: EngineSettings
  readonly onActivity: (activity: Activity) => void
  /** Gives a model call the price that the agent did not state, or the project's own. */
  readonly price: (usage: AgentUsage) => AgentUsage
  /** Replays a journal without effects; whoever can runs it where code that never ends can be ended. */
  readonly replayDry: ReplayDry
  readonly sharedBudgets: SharedLimits
  /** Null: failures of agents are counted nowhere but in their steps. */
  readonly breaker: BreakerSettings | null
}
