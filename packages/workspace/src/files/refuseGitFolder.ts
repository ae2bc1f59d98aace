import { realpath } from 'node:fs/promises'
import { relative, sep } from 'node:path'
import { WorkflowError } from '@holdfast/workflow-sdk'

/**
 * Keeps writers of files out of git's own folder, where a written hook or setting would run as a program at
 * the next git command. Also for submodules, and where a file system ignores case.
 * @param real Absolute path below the workspace, links followed.
 * @throws WorkflowError `PATH_OUTSIDE_WORKSPACE`.
 */
export async function refuseGitFolder(workspacePath: string, real: string, path: string): Promise<void> {
  const parts = relative(await realpath(workspacePath), real).split(sep)
  if (!parts.some((part) => part.toLowerCase() === '.git')) return
  const message =
    `The path ${JSON.stringify(path)} lies in git's own folder, which is no part of the workspace ${workspacePath}. ` +
    'Change it with ctx.git, or with git in ctx.shell.'
  throw new WorkflowError('PATH_OUTSIDE_WORKSPACE', message, { details: { path, workspace: workspacePath } })
}
