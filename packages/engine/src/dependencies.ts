import type { IWorkflowStore } from '@holdfast/store/contract'
import type {
  AgentPort,
  AgentUsage,
  Clock,
  DefinitionPort,
  HostPort,
  RunFilesPort,
  WorkspacePort,
} from '@holdfast/workflow-sdk/ports'
import type { EngineSettings } from './settings.ts'

/** Something a step says while it works, for people who watch; not kept. */
export interface Activity {
  readonly runId: string
  readonly stepKey: string
  readonly kind: 'text' | 'tool' | 'notice' | 'output'
  readonly text: string
}

/** What an engine is made of. */
export interface EngineDependencies {
  readonly store: IWorkflowStore
  /** Null where runs touch no files: git, files, shell and agents are refused then. */
  readonly workspace: WorkspacePort | null
  readonly agents: AgentPort
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
}
