import { stat } from 'node:fs/promises'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { fileError } from './fileError.ts'
import { openInside } from './openInside.ts'
import { resolveInside } from './resolveInside.ts'

/** The largest file that is read into a value: 50 MiB, the limit of a stored value (J5). */
export const MAX_READ_BYTES = 50 * 1024 * 1024

/**
 * The text of a UTF-8 file.
 * @throws WorkflowError `FILE_NOT_FOUND`, `STEP_OUTPUT_TOO_LARGE` above 50 MiB, `FILE_OPERATION_FAILED` (a
 * folder, not text, no permission), `PATH_OUTSIDE_WORKSPACE`.
 */
export async function readTextFile(workspacePath: string, path: string): Promise<string> {
  try {
    await using file = await openInside(workspacePath, path)
    const { size } = await file.stat()
    if (size > MAX_READ_BYTES) throw tooLarge(path, size)
    return decode(path, await file.readFile())
  } catch (error) {
    throw fileError('read', path, error)
  }
}

/** Whether a file or folder is there; a link to nothing is not. @throws WorkflowError `PATH_OUTSIDE_WORKSPACE`. */
export async function fileExists(workspacePath: string, path: string): Promise<boolean> {
  const real = await resolveInside(workspacePath, path)
  try {
    await stat(real)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return false
    throw fileError('look at', path, error)
  }
}

/** Bytes that are no UTF-8 would come back changed when they are written again: that must not happen silently. */
function decode(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    const message = `${JSON.stringify(path)} is not UTF-8 text. Use files.copy for binary files, or a shell step.`
    throw new WorkflowError('FILE_OPERATION_FAILED', message, { details: { path }, cause: error })
  }
}

function tooLarge(path: string, size: number): WorkflowError {
  const message =
    `${JSON.stringify(path)} has ${size} bytes; a step can return at most ${MAX_READ_BYTES}. ` +
    `Hand its path on instead, or read a part of it in a shell step.`
  return new WorkflowError('STEP_OUTPUT_TOO_LARGE', message, {
    details: { path, size, limit: MAX_READ_BYTES },
  })
}
