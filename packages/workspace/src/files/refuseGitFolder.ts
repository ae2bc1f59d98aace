import { realpath } from 'node:fs/promises'
import { relative, sep } from 'node:path'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { isInternalPath } from '../git/internalPaths.ts'

/**
 * Keeps writers of files out of the files of Holdfast itself, and out of git's own folder, where a written hook or setting would run as a program at
 * the next git command. Also for submodules, and where a file system ignores case.
 * @param real Absolute path below the workspace, links followed.
 * @throws WorkflowError `PATH_OUTSIDE_WORKSPACE`.
 */
export async function refuseGitFolder(workspacePath: string, real: string, path: string): Promise<void> {
  const parts = relative(await realpath(workspacePath), real).split(sep)
  const isGit = parts.some((part) => part.toLowerCase() === '.git')
  if (!isGit && !isInternalPath(parts.join('/'))) return
  const internal =
    `The path ${JSON.stringify(path)} belongs to Holdfast itself: its store, its runs or its cache. ` +
    'Choose another path for your own files.'
  const message = !isGit
    ? internal
    : `The path ${JSON.stringify(path)} lies in git's own folder, which is no part of the workspace ${workspacePath}. ` +
      'Change it with ctx.git, or with git in ctx.shell.'
  throw new WorkflowError('PATH_OUTSIDE_WORKSPACE', message, { details: { path, workspace: workspacePath } })
}
