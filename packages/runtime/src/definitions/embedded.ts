import { hash } from 'node:crypto'
import type { IWorkflowStore } from '@holdfast/store/contract'
import type { AnyWorkflow } from '@holdfast/workflow-sdk'
import type { Json } from '@holdfast/workflow-sdk/journal'

/** A version in the store and the code it stands for. */
export interface LoadedVersion {
  readonly workflowId: string
  readonly version: number
  readonly definition: AnyWorkflow
}

/**
 * Workflows that a program has handed over as objects. Their code lives in this process only; the store
 * keeps a version with the text of the function, so that a changed function is another version.
 */
export class EmbeddedWorkflows {
  readonly #store: IWorkflowStore
  readonly #projectId: string
  readonly #byDefinition = new Map<AnyWorkflow, Promise<LoadedVersion>>()
  readonly #byVersion = new Map<string, AnyWorkflow>()
  readonly #byName = new Map<string, LoadedVersion>()

  constructor(store: IWorkflowStore, projectId: string) {
    this.#store = store
    this.#projectId = projectId
  }

  /** Registers a workflow once; the latest of a name is its current one. */
  register(definition: AnyWorkflow): Promise<LoadedVersion> {
    let registered = this.#byDefinition.get(definition)
    if (registered === undefined) {
      registered = this.#register(definition)
      this.#byDefinition.set(definition, registered)
      // A failed registration may be tried again.
      registered.catch(() => this.#byDefinition.delete(definition))
    }
    return registered
  }

  byVersion(workflowId: string, version: number): AnyWorkflow | null {
    return this.#byVersion.get(`${workflowId}@${version}`) ?? null
  }

  byName(name: string): LoadedVersion | null {
    return this.#byName.get(name) ?? null
  }

  async #register(definition: AnyWorkflow): Promise<LoadedVersion> {
    const { name, description, execute, input: _, kind: _kind, ...options } = definition
    const config = { ...(JSON.parse(JSON.stringify(options)) as Record<string, Json>), embedded: true }
    const source = execute.toString()
    const { definition: row, version } = await this.#store.registerWorkflow({
      projectId: this.#projectId,
      name,
      description,
      filePath: null,
      config,
      source,
      bundle: '',
      contentHash: hash('sha256', JSON.stringify([source, config])),
      lockHash: null,
    })
    const loaded = { workflowId: row.id, version: version.version, definition }
    this.#byVersion.set(`${row.id}@${version.version}`, definition)
    this.#byName.set(name, loaded)
    return loaded
  }
}
