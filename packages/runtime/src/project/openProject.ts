import { mkdir } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import type { IWorkflowStore } from '@holdfast/store/contract'
import type { ProjectInfo } from '@holdfast/workflow-sdk/ports'
import type { HoldfastConfig } from '../config/defineConfig.ts'
import { loadConfig } from '../config/loadConfig.ts'
import { chooseStore } from '../config/storeUrl.ts'
import { findProjectRoot } from './findProjectRoot.ts'
import { checkOwnPlaces } from './ownPlaces.ts'
import { projectPaths, type ProjectPaths } from './paths.ts'
import { keepStoreOutOfTree } from './keepStoreOutOfTree.ts'

/** Which project, and which store. */
export interface OpenProjectOptions {
  /** A folder of the project; default the current one. */
  readonly projectPath?: string
  /** Address of a store, or one that is open already; that one is not closed by this project. */
  readonly store?: string | IWorkflowStore
  /** Goes before `migrate` of the configuration. */
  readonly migrate?: 'auto' | 'check'
  /** Default `process.env`; `HOLDFAST_STORE` is read from it. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** A project with its store: enough to look at runs and to answer them. */
export interface OpenProject {
  readonly project: ProjectInfo
  readonly paths: ProjectPaths
  readonly config: HoldfastConfig
  readonly store: IWorkflowStore
  /** Closes the store, if it was opened here. */
  close(): Promise<void>
}

/**
 * Finds the project that a folder lies in, reads its configuration and opens its store.
 * @throws WorkflowError `CONFIG_INVALID`, `OPTION_UNKNOWN`, `PATH_OUTSIDE_PROJECT`, `STORE_…`.
 */
export async function openProject(options: OpenProjectOptions = {}): Promise<OpenProject> {
  const paths = projectPaths(findProjectRoot(options.projectPath ?? process.cwd()))
  checkOwnPlaces(paths)
  const config = await loadConfig(paths.root)
  const given = typeof options.store === 'object' ? options.store : null
  const store = given ?? (await open(paths, config, options))
  try {
    const { id, name, path } = await store.ensureProject({ name: basename(paths.root), path: paths.root })
    return {
      project: { id, name, path },
      paths,
      config,
      store,
      close: async () => {
        if (given === null) await store.close()
      },
    }
  } catch (error) {
    if (given === null) await store.close()
    throw error
  }
}

async function open(
  paths: ProjectPaths,
  config: HoldfastConfig,
  options: OpenProjectOptions,
): Promise<IWorkflowStore> {
  const option = typeof options.store === 'string' ? options.store : undefined
  const { url, from } = chooseStore(paths.root, config, options.env ?? process.env, option)
  // Only the default folder is made: a store that somebody named must be where he said.
  if (from === 'default') await mkdir(dirname(paths.database), { recursive: true }).catch(() => undefined)
  await keepStoreOutOfTree(paths.root, url)
  const { openStore } = await import('@holdfast/store')
  return await openStore(url, { migrate: options.migrate ?? config.migrate ?? 'auto' })
}
