import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { bundleFile } from '../bundles/bundleFile.ts'
import { importBundle } from '../bundles/importBundle.ts'
import { projectPaths } from '../project/paths.ts'
import type { HoldfastConfig } from './defineConfig.ts'

const FILE = 'holdfast.config.ts'

/**
 * The configuration of a project; empty where it has no `holdfast.config.ts`. The file is bundled and
 * imported as workflows are, so it may import files of the project.
 * @throws WorkflowError `CONFIG_INVALID` when it does not compile, throws or does not fit, `OPTION_UNKNOWN`.
 */
export async function loadConfig(root: string): Promise<HoldfastConfig> {
  const file = join(root, FILE)
  if (!existsSync(file)) return {}
  const bundled = await bundleFile(root, FILE)
  if (!bundled.ok) {
    const { line, reason } = bundled.problem
    throw new WorkflowError('CONFIG_INVALID', `${FILE}:${line ?? 1} cannot be compiled: ${reason}`, {
      details: { file: FILE, line },
    })
  }
  const loaded = await importBundle(projectPaths(root).cache, bundled.bundle).catch((error: unknown) => {
    if (WorkflowError.is(error)) throw error
    throw new WorkflowError('CONFIG_INVALID', `${FILE} throws when it is loaded: ${String(error)}`, {
      details: { file: FILE },
      cause: error,
    })
  })
  const { checkConfig } = await import('./checkConfig.ts')
  return checkConfig(loaded.default, FILE)
}
