import { WorkflowError } from '@holdfast/workflow-sdk'

/** What the system says of one file that cannot be read, whatever is done; others, such as too many open files, pass. */
const OF_ONE_FILE: ReadonlySet<unknown> = new Set([
  'EACCES',
  'EIO',
  'EISDIR',
  'ELOOP',
  'ENOTDIR',
  'EPERM',
  'ERR_FS_FILE_TOO_LARGE',
])

/**
 * The damage of one run that an error tells of: `JOURNAL_CORRUPT`, or that one of its files cannot be read. Null for
 * everything else.
 * @param journal Path for messages.
 */
export function damageOf(error: unknown, journal: string): WorkflowError | null {
  if (WorkflowError.is(error)) return error.code === 'JOURNAL_CORRUPT' ? error : null
  if (!(error instanceof Error) || !('code' in error) || !OF_ONE_FILE.has(error.code)) return null
  const file = 'path' in error && typeof error.path === 'string' ? error.path : journal
  return new WorkflowError(
    'JOURNAL_CORRUPT',
    `${file} cannot be read: ${error.message}. Make it readable, restore it from a backup, or move the folder of the run away; other runs are not affected.`,
    { details: { file, system: error.code }, cause: error },
  )
}
