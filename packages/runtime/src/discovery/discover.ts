import type { IWorkflowStore, WorkflowDefinitionRow } from '@holdfast/store/contract'
import type { ProjectInfo } from '@holdfast/workflow-sdk/ports'
import { projectPaths } from '../project/paths.ts'
import { Catalog } from './Catalog.ts'
import { inspectTemplate, type InspectedTemplate } from './inspect.ts'
import { inLanes } from './lanes.ts'
import type { ProbeLimits } from './probe.ts'
import { registerTemplate } from './registerTemplate.ts'
import { listTemplates } from './templates.ts'
import type { DiscoveredWorkflow, Discovery, TemplateProblem } from './types.ts'

/** As many first loads run at once as a small machine has processors; one that hangs keeps no other waiting. */
export const LANES = { width: 2, patienceMs: 1000 } as const

/**
 * Looks at the templates of a project and registers each workflow in the store; a version is the hash of
 * the bundle (R7). A file that does not load is reported, the others are not disturbed. Unchanged files are
 * neither parsed nor loaded, and cause no write.
 * @throws WorkflowError `STORE_…`, `FILE_OPERATION_FAILED`; never because of a template.
 */
export async function discover(
  store: IWorkflowStore,
  project: ProjectInfo,
  limits?: ProbeLimits,
): Promise<Discovery> {
  const paths = projectPaths(project.path)
  const files = await listTemplates(paths)
  const catalog = new Catalog(paths.root, paths.cache)
  const found: InspectedTemplate[] = []
  const problems: TemplateProblem[] = []
  await inLanes(files, LANES, async (file) => {
    const result = await inspectTemplate(paths, catalog, file, limits)
    if ('reason' in result) problems.push(result)
    else found.push(result)
  })
  await catalog.save(files)
  if (found.length === 0) return { workflows: [], problems: byFile(problems) }

  const rows = await store.listWorkflows({ projectId: project.id })
  const known = new Map(rows.map((row) => [row.name, row]))
  const { kept, doubles } = withoutDoubles(byFile(found), known)
  const workflows: DiscoveredWorkflow[] = []
  for (const template of kept) {
    workflows.push(await registerTemplate(store, project, template, known.get(template.name) ?? null))
  }
  return { workflows, problems: byFile([...problems, ...doubles]) }
}

/** Of several files with one name, the one that the store knows counts, else the first. */
function withoutDoubles(
  found: readonly InspectedTemplate[],
  known: ReadonlyMap<string, WorkflowDefinitionRow>,
): { kept: InspectedTemplate[]; doubles: TemplateProblem[] } {
  const kept: InspectedTemplate[] = []
  const doubles: TemplateProblem[] = []
  for (const [name, group] of Map.groupBy(found, (template) => template.name)) {
    const owner = group.find((template) => template.file === known.get(name)?.file_path) ?? group[0]!
    kept.push(owner)
    for (const { file } of group) {
      if (file === owner.file) continue
      const reason = `it names its workflow "${name}", as ${owner.file} does; give it another name`
      doubles.push({ file, line: 1, column: null, code: 'WORKFLOW_INVALID', reason })
    }
  }
  return { kept, doubles }
}

/** Sorted by file. */
export function byFile<T extends { readonly file: string }>(items: readonly T[]): T[] {
  return items.toSorted((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0))
}
