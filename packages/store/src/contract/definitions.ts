import type { ProjectRow, WorkflowDefinitionRow, WorkflowVersionRow } from './rows.ts'
import type { Json } from './vocabulary.ts'

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
}

/** Projects and workflow definitions. */
export interface DefinitionStore {
  /** The project with this path, made or renamed when needed. */
  ensureProject(project: { readonly name: string; readonly path: string }): Promise<ProjectRow>
  /** @throws WorkflowError `RECORD_NOT_FOUND`. */
  getProject(id: string): Promise<ProjectRow>
  listProjects(): Promise<ProjectRow[]>
  /** Cascades to definitions and runs. */
  deleteProject(id: string): Promise<void>

  /** Registers a version when the content is new; otherwise renews `parsed_at` only. */
  registerWorkflow(definition: NewDefinition): Promise<{
    readonly definition: WorkflowDefinitionRow
    readonly version: WorkflowVersionRow
    readonly isNew: boolean
  }>
  findWorkflow(projectId: string, name: string): Promise<WorkflowDefinitionRow | null>
  /** @throws WorkflowError `RECORD_NOT_FOUND`. */
  getWorkflow(id: string): Promise<WorkflowDefinitionRow>
  listWorkflows(query: {
    readonly projectId?: string
    readonly isActive?: boolean
  }): Promise<WorkflowDefinitionRow[]>
  updateWorkflow(
    id: string,
    change: { readonly isActive?: boolean; readonly description?: string },
  ): Promise<WorkflowDefinitionRow>
  /** @throws WorkflowError `DEFINITION_IN_USE` while runs refer to it. */
  deleteWorkflow(id: string): Promise<void>
  /** @throws WorkflowError `RECORD_NOT_FOUND`. */
  getWorkflowVersion(workflowId: string, version: number): Promise<WorkflowVersionRow>
  listWorkflowVersions(workflowId: string): Promise<WorkflowVersionRow[]>
}
