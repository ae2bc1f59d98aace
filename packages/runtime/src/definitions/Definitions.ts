import type { IWorkflowStore } from '@holdfast/store/contract'
import { isWorkflow, WorkflowError, type AnyWorkflow } from '@holdfast/workflow-sdk'
import type { DefinitionPort, ProjectInfo } from '@holdfast/workflow-sdk/ports'
import { importBundle } from '../bundles/importBundle.ts'
import { projectPaths } from '../project/paths.ts'
import { EmbeddedWorkflows, type LoadedVersion } from './embedded.ts'
import { workflowNotFound } from './notFound.ts'

type VersionRequest = Parameters<DefinitionPort['load']>[0]

/**
 * Definitions of a project as the engine asks for them. A version comes from the bundle that the store
 * keeps, so a run goes on with its own code when its file has changed or is gone (R7).
 */
export class Definitions implements DefinitionPort {
  readonly embedded: EmbeddedWorkflows
  readonly #store: IWorkflowStore
  readonly #projects = new Map<string, ProjectInfo>()
  readonly #loaded = new Map<string, Promise<AnyWorkflow>>()

  constructor(store: IWorkflowStore, project: ProjectInfo) {
    this.#store = store
    this.#projects.set(project.id, project)
    this.embedded = new EmbeddedWorkflows(store, project.id)
  }

  async load(request: VersionRequest): Promise<AnyWorkflow> {
    const embedded = this.embedded.byVersion(request.workflowId, request.version)
    if (embedded !== null) return embedded
    const key = `${request.workflowId}@${request.version}`
    let loaded = this.#loaded.get(key)
    if (loaded === undefined) {
      loaded = this.#load(request)
      this.#loaded.set(key, loaded)
      // What is missing today may be installed when the run is tried again.
      loaded.catch(() => this.#loaded.delete(key))
    }
    return await loaded
  }

  async current(projectId: string, name: string): Promise<LoadedVersion> {
    const embedded = this.embedded.byName(name)
    if (embedded !== null) return embedded
    const row = await this.#store.findWorkflow(projectId, name)
    if (row === null) {
      const rows = await this.#store.listWorkflows({ projectId })
      throw workflowNotFound(
        name,
        rows.map((known) => known.name),
      )
    }
    if (!row.is_active) {
      throw new WorkflowError(
        'WORKFLOW_INACTIVE',
        `Workflow "${name}" is switched off. Switch it on first.`,
        {
          details: { workflow: name },
        },
      )
    }
    const { id: workflowId, version } = row
    const definition = await this.load({ projectId, workflowId, workflowName: name, version })
    return { workflowId, version, definition }
  }

  async project(projectId: string): Promise<ProjectInfo> {
    const known = this.#projects.get(projectId)
    if (known !== undefined) return known
    const { id, name, path } = await this.#store.getProject(projectId)
    const project = { id, name, path }
    this.#projects.set(id, project)
    return project
  }

  async #load(request: VersionRequest): Promise<AnyWorkflow> {
    const { workflowId, workflowName, version } = request
    const row = await this.#store.getWorkflowVersion(workflowId, version)
    const details = { workflow: workflowName, version }
    if (row.bundle === '') {
      throw new WorkflowError(
        'WORKFLOW_NOT_FOUND',
        `Version ${version} of workflow "${workflowName}" was started from a program's own code, which this process ` +
          'does not have. Let that program go on with the run: it registers the same workflow and starts a worker.',
        { details },
      )
    }
    const project = await this.project(request.projectId)
    const found = (await importBundle(projectPaths(project.path).cache, row.bundle)).default
    if (isWorkflow(found)) return found
    throw new WorkflowError(
      'WORKFLOW_INVALID',
      `The stored bundle of workflow "${workflowName}", version ${version}, holds no workflow as default export. ` +
        'Start a new run with the present version of the file.',
      { details },
    )
  }
}
