import { loadConfig } from '../config/loadConfig.ts'
import { chooseStore, type StoreChoice } from '../config/storeUrl.ts'
import { findProjectRoot } from '../project/findProjectRoot.ts'
import type { OpenProjectOptions } from '../project/openProject.ts'

/** Where a project is and what its environment says. */
export type ProjectPlace = Pick<OpenProjectOptions, 'projectPath' | 'env'>

/**
 * The store that a project uses, or the one that `given` names: its relative path is relative to the project's
 * root, like every address. Nothing is opened.
 * @throws WorkflowError `CONFIG_INVALID`, `OPTION_UNKNOWN`.
 */
export async function storeAddress(
  { projectPath, env }: ProjectPlace,
  given?: string,
): Promise<StoreChoice & { readonly root: string }> {
  const root = findProjectRoot(projectPath ?? process.cwd())
  const config = given === undefined ? await loadConfig(root) : {}
  return { root, ...chooseStore(root, config, env ?? process.env, given) }
}
