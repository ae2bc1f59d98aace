import { hash } from 'node:crypto'
import type { IWorkflowStore } from '@holdfast/store/contract'
import { isWorkflow, WorkflowError, type AnyWorkflow } from '@holdfast/workflow-sdk'
import type { DefinitionPort, ProjectInfo } from '@holdfast/workflow-sdk/ports'
import { importBundleFile } from '../bundles/importBundle.ts'
import { writeBundle } from '../bundles/writeBundle.ts'
import { discoverOne, type DiscoveryOfOne } from '../discovery/discoverOne.ts'
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
  /** Names whose files have been looked at. */
  readonly #found = new Map<string, Promise<DiscoveryOfOne>>()
  readonly #own: ProjectInfo

  constructor(store: IWorkflowStore, project: ProjectInfo) {
    this.#store = store
    this.#own = project
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

  /**
   * The current version of a workflow. Its file is looked at when its name is first asked for; after that, and
   * while the file does not load, what the store has counts.
   */
  async current(projectId: string, name: string): Promise<LoadedVersion> {
    const embedded = this.embedded.byName(name)
    if (embedded !== null) return embedded
    const search = projectId === this.#own.id ? await this.#lookAt(name) : null
    const row = await this.#store.findWorkflow(projectId, name)
    if (row === null) {
      const rows = await this.#store.listWorkflows({ projectId })
      const known = new Set([...rows.map((other) => other.name), ...(search?.names ?? [])])
      throw workflowNotFound(name, [...known], search?.problems)
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

  /** Looks at the file of a workflow anew and makes what it holds the current version. */
  async find(name: string): Promise<DiscoveryOfOne> {
    const search = discoverOne(this.#store, this.#own, name)
    this.#found.set(name, search)
    const result = await search.catch((error: unknown) => {
      this.#found.delete(name)
      throw error
    })
    // A name that nobody has may get a file later.
    if (result.workflow === null) this.#found.delete(name)
    return result
  }

  async project(projectId: string): Promise<ProjectInfo> {
    const known = this.#projects.get(projectId)
    if (known !== undefined) return known
    const { id, name, path } = await this.#store.getProject(projectId)
    const project = { id, name, path }
    this.#projects.set(id, project)
    return project
  }

  async #lookAt(name: string): Promise<DiscoveryOfOne> {
    return await (this.#found.get(name) ?? this.find(name))
  }

  /**
   * The file from which a version is imported, in the cache of its project.
   * @throws WorkflowError `WORKFLOW_NOT_FOUND` for one that only the program has which registered it.
   */
  async file({ projectId, workflowId, workflowName, version }: VersionRequest): Promise<string> {
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
    const project = await this.project(projectId)
    return await writeBundle(projectPaths(project.path).cache, row.bundle, hash('sha256', row.bundle))
  }

  async #load(request: VersionRequest): Promise<AnyWorkflow> {
    const found = (await importBundleFile(await this.file(request))).default
    if (isWorkflow(found)) return found
    const { workflowName, version } = request
    throw new WorkflowError(
      'WORKFLOW_INVALID',
      `The stored bundle of workflow "${workflowName}", version ${version}, holds no workflow as default export. ` +
        'Start a new run with the present version of the file.',
      { details: { workflow: workflowName, version } },
    )
  }
}
