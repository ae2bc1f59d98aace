import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { IWorkflowStore, WorkflowDefinitionRow } from '@holdfast/store/contract'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { ProjectInfo } from '@holdfast/workflow-sdk/ports'
import { bundleFile } from '../bundles/bundleFile.ts'
import { projectPaths } from '../project/paths.ts'
import type { InspectedTemplate } from './inspect.ts'
import { lockHash } from './lockHash.ts'
import type { DiscoveredWorkflow } from './types.ts'

/**
 * Makes the workflow of a template known to the store; one that is known as it is causes no write.
 * @param row What the store has under its name.
 */
export async function registerTemplate(
  store: IWorkflowStore,
  project: ProjectInfo,
  template: InspectedTemplate,
  row: WorkflowDefinitionRow | null,
): Promise<DiscoveredWorkflow> {
  if (row !== null && row.content_hash === template.contentHash && row.file_path === template.file) {
    return { ...template, workflowId: row.id, version: row.version, isNew: false }
  }
  const [source, bundle, lock] = await Promise.all([
    readFile(join(project.path, template.file), 'utf8'),
    bundleOf(project.path, template),
    lockHash(project.path),
  ])
  const { definition, version, isNew } = await store.registerWorkflow({
    projectId: project.id,
    name: template.name,
    description: template.description,
    filePath: template.file,
    config: template.config,
    source,
    bundle,
    contentHash: template.contentHash,
    lockHash: lock,
  })
  return { ...template, workflowId: definition.id, version: version.version, isNew }
}

/** The cached bundle, if it is what its name says; what somebody put in its place must not become a version. */
async function bundleOf(root: string, { file, contentHash }: InspectedTemplate): Promise<string> {
  const path = join(projectPaths(root).cache, `${contentHash}.mjs`)
  const cached = await readFile(path, 'utf8').catch(() => null)
  if (cached !== null && hash('sha256', cached) === contentHash) return cached
  const bundled = await bundleFile(root, file)
  if (bundled.ok && bundled.hash === contentHash) return bundled.bundle
  throw new WorkflowError(
    'FILE_OPERATION_FAILED',
    `${file} was changed while it was registered. Try again.`,
    { details: { path: file } },
  )
}
