import { realpath, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { openRepository, type Repository } from '../git/Repository.ts'
import { inTurn } from './inTurn.ts'
import type { WorkspaceSettings } from './prepareWorkspace.ts'
import { TEMPORARY_PREFIX } from './prepareTemporary.ts'
import { readMark, WORKTREES_FOLDER } from './prepareWorktree.ts'
import { removeWorktree } from './removeWorktree.ts'

/**
 * Removes a worktree (and its branch, while it has no commit of its own) or a temporary clone; a project is
 * left alone. What is gone already is fine.
 * @throws WorkflowError `PATH_OUTSIDE_WORKSPACE` for a folder that this room did not make.
 */
export async function cleanWorkspace(
  settings: WorkspaceSettings,
  workspace: { readonly projectPath: string; readonly path: string; readonly kind: string },
): Promise<void> {
  if (workspace.kind === 'worktree') await cleanWorktree(settings, workspace)
  if (workspace.kind === 'temporary') await cleanTemporary(settings, workspace.path)
}

async function cleanWorktree(
  settings: WorkspaceSettings,
  workspace: { readonly projectPath: string; readonly path: string },
): Promise<void> {
  const project = await openRepository(settings, workspace.projectPath)
  const root = rootOf(workspace.path, join(workspace.projectPath, WORKTREES_FOLDER), '')
  await inTurn(project.commonDir, async () => {
    const mark = await readMark(settings, root)
    await removeWorktree(project, root)
    if (mark !== null) await removeUnusedBranch(project, mark.branch, mark.initialCommit)
  })
}

/** The old value in the command makes sure that nobody has moved the branch meanwhile. */
async function removeUnusedBranch(project: Repository, branch: string, initialCommit: string): Promise<void> {
  const ref = `refs/heads/${branch}`
  const { stdout } = await project.read(['rev-parse', '--verify', '--quiet', ref], { accept: [0, 1] })
  if (stdout.trim() === initialCommit) await project.write(['update-ref', '-d', ref, initialCommit])
}

async function cleanTemporary(settings: WorkspaceSettings, path: string): Promise<void> {
  const folder = await realpath(settings.temporaryFolder)
  await rm(rootOf(path, folder, TEMPORARY_PREFIX), { recursive: true, force: true })
}

/** The folder directly below `home` that holds `path`: the workspace may be a folder inside its repository. */
function rootOf(path: string, home: string, prefix: string): string {
  let root = path
  while (dirname(root) !== home && dirname(root) !== root) root = dirname(root)
  if (dirname(root) === home && basename(root).startsWith(prefix) && basename(root) !== '..') return root
  const message = `The folder ${path} is no workspace below ${home}, so it is not removed. Remove it by hand if it is one.`
  throw new WorkflowError('PATH_OUTSIDE_WORKSPACE', message, { details: { path, home } })
}
