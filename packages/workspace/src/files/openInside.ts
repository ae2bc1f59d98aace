import { constants } from 'node:fs'
import { open, readlink, realpath, type FileHandle } from 'node:fs/promises'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { isInside, outside, resolveInside } from './resolveInside.ts'

/**
 * Opens a file for reading. Between the check of the path and the opening somebody may put a link in its
 * place: the last part is not followed, and where the system tells, the opened file's own path is checked.
 */
export async function openInside(workspacePath: string, path: string): Promise<FileHandle> {
  const real = await resolveInside(workspacePath, path)
  // Without O_NONBLOCK a named pipe would be waited for.
  const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    await checkPlace(handle, workspacePath, path)
    const found = await handle.stat()
    if (found.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' })
    if (!found.isFile()) throw notAFile(path)
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** @throws WorkflowError `PATH_OUTSIDE_WORKSPACE` when the open file lies elsewhere. */
export async function checkPlace(handle: FileHandle, workspacePath: string, path: string): Promise<void> {
  if (process.platform !== 'linux') return
  const place = await readlink(`/proc/self/fd/${handle.fd}`)
  if (!isInside(await realpath(workspacePath), place)) throw outside(workspacePath, path)
}

function notAFile(path: string): WorkflowError {
  const message = `${JSON.stringify(path)} is no ordinary file but a pipe, socket or device. Give the path of a file.`
  return new WorkflowError('FILE_OPERATION_FAILED', message, { details: { path } })
}
