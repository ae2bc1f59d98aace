import { WorkflowError } from '@holdfast/workflow-sdk'

/** What the codes of the system mean for the one who asked, and what they can do. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied. Change the permissions, or use another path',
  EPERM: 'the system does not permit it. Change the permissions, or use another path',
  EROFS: 'the disk is read-only. Use a workspace that can be written',
  ENOSPC: 'the disk is full. Free some space and try again',
  EDQUOT: 'the disk quota is used up. Free some space and try again',
  EISDIR: 'it is a folder. Give the path of a file',
  ENOTDIR: 'a part of the path is a file, not a folder. Correct the path',
  ELOOP: 'its symbolic links go in a circle or were changed meanwhile. Remove the link',
  ENAMETOOLONG: 'the name is too long. Choose a shorter one',
  EMFILE: 'too many files are open. Try again later',
  ENOTEMPTY: 'the folder is not empty',
  EIO: 'the disk reports an error. Check the disk',
}

/** A failed file operation in words: `FILE_NOT_FOUND` where nothing is there, else `FILE_OPERATION_FAILED`. */
export function fileError(verb: string, path: string, error: unknown): WorkflowError {
  if (WorkflowError.is(error)) return error
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
  const options = { details: { path, reason: code }, cause: error }
  if (code === 'ENOENT') {
    const message = `Cannot ${verb} ${JSON.stringify(path)}: it does not exist. Check the path.`
    return new WorkflowError('FILE_NOT_FOUND', message, options)
  }
  const reason = REASONS[code] ?? (error instanceof Error ? error.message : String(error))
  const message = `Cannot ${verb} ${JSON.stringify(path)}: ${reason} (${code}).`
  return new WorkflowError('FILE_OPERATION_FAILED', message, options)
}
