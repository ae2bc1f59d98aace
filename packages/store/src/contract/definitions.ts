import type {
  ScheduleRow,
  TriggerRow,
  WorkflowDefinitionRow,
  WorkflowNodeRow,
  WorkflowVersionRow,
} from './definitionRows.ts'
import type { ProjectRow } from './rows.ts'
import type { Json } from './vocabulary.ts'

/** What starts a workflow by itself: an event, a time, or a call from outside. */
export type NewTrigger =
  | {
      readonly kind: 'event'
      readonly event: string
      /** Condition on the event, in CEL. */
      readonly when?: string
    }
  | {
      readonly kind: 'cron'
      readonly cron: string
      /** Name of the IANA database; default `UTC`. */
      readonly timeZone?: string
    }
  | { readonly kind: 'webhook'; readonly when?: string }

/** A node of a graph definition. */
export interface NewNode {
  /** Unique in its version. */
  readonly nodeId: string
  readonly name: string
  /** A kind (`prompt`, `update-record`) or a step type (`AI_PROMPT`, `UPDATE_CRM_FIELD`); default `prompt`. */
  readonly stepType?: string
  /** Id of the prompt version that it uses. */
  readonly promptId?: string | null
  readonly stepConfig?: Json
  readonly conditionRules?: Json
  /** Default 0. */
  readonly delayMinutes?: number
}

/** What discovery registers. */
export interface NewDefinition {
  readonly projectId: string
  readonly name: string
  readonly description: string
  readonly filePath: string | null
  readonly config: Json
  readonly source: string
  readonly bundle: string
  /** Hash of the bundle (R7); a known hash makes no new version. */
  readonly contentHash: string
  readonly lockHash: string | null
  /** Default none. */
  readonly triggers?: readonly NewTrigger[]
  /** Nodes of the version in their order; default none. They are kept with a new version and never change. */
  readonly nodes?: readonly NewNode[]
}

/** Projects and workflow definitions with their versions, nodes, triggers and schedules. */
export interface DefinitionStore {
  /** The project with this path, made or renamed when needed. */
  ensureProject(project: { readonly name: string; readonly path: string }): Promise<ProjectRow>
  /** @throws WorkflowError `RECORD_NOT_FOUND`. */
  getProject(id: string): Promise<ProjectRow>
  listProjects(): Promise<ProjectRow[]>
  /** @throws WorkflowError `RECORD_NOT_FOUND`. */
  updateProject(id: string, change: { readonly name: string }): Promise<ProjectRow>
  /** Cascades to definitions, prompts and runs. */
  deleteProject(id: string): Promise<void>

  /**
   * Registers a version when the content is new; otherwise renews `parsed_at` only. The triggers become those
   * of the definition: one that was there already keeps its id and whether it is on, those that people made stay.
   * @throws WorkflowError `RECORD_NOT_FOUND` for an unknown project or prompt.
   */
  registerWorkflow(definition: NewDefinition): Promise<{
    readonly definition: WorkflowDefinitionRow
    readonly version: WorkflowVersionRow
    readonly isNew: boolean
  }>
  findWorkflow(projectId: string, name: string): Promise<WorkflowDefinitionRow | null>
  /** @throws WorkflowError `RECORD_NOT_FOUND`. */
  getWorkflow(id: string): Promise<WorkflowDefinitionRow>
  /** By name. `q` is a part of the name or description. */
  listWorkflows(query: {
    readonly projectId?: string
    readonly isActive?: boolean
    readonly q?: string
  }): Promise<WorkflowDefinitionRow[]>
  /** @throws WorkflowError `RECORD_NOT_FOUND`. */
  updateWorkflow(
    id: string,
    change: { readonly isActive?: boolean; readonly description?: string },
  ): Promise<WorkflowDefinitionRow>
  /** @throws WorkflowError `RECORD_NOT_FOUND`, `DEFINITION_IN_USE` while runs refer to it. */
  deleteWorkflow(id: string): Promise<void>
  /** @throws WorkflowError `RECORD_NOT_FOUND`. */
  getWorkflowVersion(workflowId: string, version: number): Promise<WorkflowVersionRow>
  listWorkflowVersions(workflowId: string): Promise<WorkflowVersionRow[]>

  /** Nodes of a version, by default the current one, in their order. @throws WorkflowError `RECORD_NOT_FOUND`. */
  listWorkflowNodes(query: {
    readonly workflowId: string
    readonly version?: number
  }): Promise<WorkflowNodeRow[]>
  /** @throws WorkflowError `RECORD_NOT_FOUND`. */
  getWorkflowNode(id: string): Promise<WorkflowNodeRow>

  /** A trigger beside those of the definition. @throws WorkflowError `RECORD_NOT_FOUND`. */
  createTrigger(workflowId: string, trigger: NewTrigger): Promise<TriggerRow>
  /** @throws WorkflowError `RECORD_NOT_FOUND`. */
  getTrigger(id: string): Promise<TriggerRow>
  /** In the order in which they were made. `isActive: true` leaves out those of workflows that are off. */
  listTriggers(query: {
    readonly projectId?: string
    readonly workflowId?: string
    readonly kind?: TriggerRow['kind']
    readonly event?: string
    readonly isActive?: boolean
  }): Promise<TriggerRow[]>
  /** @throws WorkflowError `RECORD_NOT_FOUND`. */
  updateTrigger(id: string, change: { readonly isActive: boolean }): Promise<TriggerRow>
  /**
   * Removes a trigger that a person made.
   * @throws WorkflowError `RECORD_NOT_FOUND`, `DEFINITION_IN_USE` for one of the definition: switch it off.
   */
  deleteTrigger(id: string): Promise<void>

  /**
   * Writes down that the folder of a workspace was removed after its runs were over: workspaces outlive them, so no
   * journal says it. Done before is done. @throws WorkflowError `RECORD_NOT_FOUND`.
   */
  markWorkspaceCleaned(id: string): Promise<void>

  /**
   * Schedules of cron triggers: each has one. `dueAt` gives those of triggers and workflows that are on whose
   * time has come by then or was never planned, earliest first.
   */
  listSchedules(query: { readonly workflowId?: string; readonly dueAt?: string }): Promise<ScheduleRow[]>
  /**
   * Plans the next time, if it is still planned as `seenNextAt` says: of several processes one gets `true` and
   * starts the run.
   */
  planSchedule(plan: {
    readonly id: string
    readonly seenNextAt: string | null
    readonly nextAt: string | null
    /** The run that is started for `seenNextAt`. */
    readonly runId?: string
  }): Promise<boolean>
}
