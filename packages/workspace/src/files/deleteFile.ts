import { realpath, rm } from 'node:fs/promises'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { fileError } from './fileError.ts'
import { refuseGitFolder } from './refuseGitFolder.ts'
import { resolveInside } from './resolveInside.ts'

/**
 * Deletes a file, a link (not what it points to), or a folder with all that is in it. What is not there is
 * fine, so that a step may be repeated.
 * @throws WorkflowError `PATH_OUTSIDE_WORKSPACE`, `FILE_OPERATION_FAILED` (the workspace itself, no permission).
 */
export async function deleteFile(workspacePath: string, path: string): Promise<void> {
  const real = await resolveInside(workspacePath, path, { link: 'keep' })
  await refuseGitFolder(workspacePath, real, path)
  if (real === (await realpath(workspacePath))) {
    const message = `files.delete was asked to delete the workspace itself (${JSON.stringify(path)}). Name a file in it.`
    throw new WorkflowError('FILE_OPERATION_FAILED', message, { details: { path } })
  }
  try {
    await rm(real, { recursive: true, force: true })
  } catch (error) {
    // A file stands where the path has a folder: then there is nothing to delete either.
    if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw fileError('delete', path, error)
  }
}
