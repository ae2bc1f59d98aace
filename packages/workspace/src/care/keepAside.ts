import { openRepository } from '../git/Repository.ts'
import type { GitSettings } from '../git/runGit.ts'
import type { OwnIndex } from '../snapshots/OwnIndex.ts'
import { snapshot, snapshotRef } from '../snapshots/snapshot.ts'
import { ASIDE } from './keptTrees.ts'

/** Keeps the files of a workspace as a commit on its HEAD, and the branches of a clone, in the project's repository. */
export async function keepAside(
  settings: GitSettings,
  index: OwnIndex,
  projectPath: string,
  { path, name }: { readonly path: string; readonly name: string },
): Promise<string> {
  const [project, workspace] = await Promise.all([
    openRepository(settings, projectPath),
    openRepository(settings, path),
  ])
  const kept = await snapshot(workspace, index, { runId: ASIDE, stepId: name, when: 'before' })
  if (workspace.commonDir === project.commonDir) return kept.ref
  const heads = `+refs/heads/*:${snapshotRef(ASIDE, `${name}-branch`)}/*`
  const fetch = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--', workspace.root]
  await project.write([...fetch, `+${kept.ref}:${kept.ref}`, heads])
  return kept.ref
}
