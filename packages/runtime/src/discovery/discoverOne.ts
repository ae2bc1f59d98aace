import { join, relative } from 'node:path'
import type { IWorkflowStore } from '@holdfast/store/contract'
import type { ProjectInfo } from '@holdfast/workflow-sdk/ports'
import { projectPaths, type ProjectPaths } from '../project/paths.ts'
import { Catalog } from './Catalog.ts'
import { byFile, LANES } from './discover.ts'
import { inspectTemplate, type InspectedTemplate } from './inspect.ts'
import { inLanes } from './lanes.ts'
import type { ProbeLimits } from './probe.ts'
import { registerTemplate } from './registerTemplate.ts'
import { listTemplates } from './templates.ts'
import type { DiscoveredWorkflow, TemplateProblem } from './types.ts'

/** What a search for one workflow found. */
export interface DiscoveryOfOne {
  readonly workflow: DiscoveredWorkflow | null
  /** Names that were seen on the way; all that load when there is no such workflow. */
  readonly names: readonly string[]
  /** Why files that may hold it do not load. */
  readonly problems: readonly TemplateProblem[]
}

/**
 * Finds the template of one workflow and registers it, in this order: the file where it was found last, the file
 * of its name, what is known of unchanged files, and only then all others, until one of them has it. So nobody
 * waits for files that have nothing to do with it.
 * @throws WorkflowError `STORE_…`, `FILE_OPERATION_FAILED`; never because of a template.
 */
export async function discoverOne(
  store: IWorkflowStore,
  project: ProjectInfo,
  name: string,
  limits?: ProbeLimits,
): Promise<DiscoveryOfOne> {
  const paths = projectPaths(project.path)
  const [files, row] = await Promise.all([listTemplates(paths), store.findWorkflow(project.id, name)])
  const catalog = new Catalog(paths.root, paths.cache)
  const search = new Search(paths, catalog, name, limits)
  const own = [row?.file_path ?? '', ownFile(paths, name)].filter((file) => files.includes(file))
  const others = files.filter((file) => !own.includes(file))
  const template =
    (await search.own(own)) ??
    search.remembered(others) ??
    (search.problems.length > 0 ? null : await search.everywhere(others))
  await catalog.save(files)
  const workflow = template === null ? null : await registerTemplate(store, project, template, row)
  return { workflow, names: search.names, problems: byFile(search.problems) }
}

function ownFile(paths: ProjectPaths, name: string): string {
  return relative(paths.root, join(paths.templates, `${name}.ts`))
}

class Search {
  readonly names: string[] = []
  readonly problems: TemplateProblem[] = []
  readonly #paths: ProjectPaths
  readonly #catalog: Catalog
  readonly #name: string
  readonly #limits: ProbeLimits

  constructor(paths: ProjectPaths, catalog: Catalog, name: string, limits: ProbeLimits = {}) {
    this.#paths = paths
    this.#catalog = catalog
    this.#name = name
    this.#limits = limits
  }

  /** Files that are asked for: what is remembered against one is tried once more. */
  async own(files: readonly string[]): Promise<InspectedTemplate | null> {
    for (const file of files) {
      const found = this.#take(
        await inspectTemplate(this.#paths, this.#catalog, file, { ...this.#limits, again: true }),
      )
      if (found !== null) return found
    }
    return null
  }

  remembered(files: readonly string[]): InspectedTemplate | null {
    for (const file of files) {
      const known = this.#catalog.lookUp(file)
      if (known === null || !('facts' in known) || known.facts.name !== this.#name) continue
      return { file, contentHash: known.contentHash, ...known.facts }
    }
    return null
  }

  /** The first that has it; loads that still run then are given up. */
  async everywhere(files: readonly string[]): Promise<InspectedTemplate | null> {
    const over = new AbortController()
    const signal = AbortSignal.any([over.signal, ...(this.#limits.signal ? [this.#limits.signal] : [])])
    let found: InspectedTemplate | null = null
    try {
      await inLanes(files, { ...LANES, signal }, async (file) => {
        const result = await inspectTemplate(this.#paths, this.#catalog, file, { ...this.#limits, signal })
        const hit = this.#take(result)
        found ??= hit
        if (hit !== null) over.abort()
      })
    } catch (error) {
      if (found === null) throw error
    }
    return found
  }

  #take(result: InspectedTemplate | TemplateProblem): InspectedTemplate | null {
    if ('reason' in result) {
      this.problems.push(result)
      return null
    }
    this.names.push(result.name)
    return result.name === this.#name ? result : null
  }
}
