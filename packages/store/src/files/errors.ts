import { WorkflowError, type ErrorCode } from '@holdfast/workflow-sdk'

const TROUBLE: Readonly<Record<string, readonly [code: ErrorCode, what: string]>> = {
  ENOSPC: ['STORE_FULL', 'has no room left on its disk. Free some space and try again'],
  EDQUOT: ['STORE_FULL', 'has used up what this user may keep on its disk. Free some space and try again'],
  EROFS: [
    'STORE_READ_ONLY',
    'cannot be written. Give this user write access to the folder and everything in it',
  ],
  EACCES: ['STORE_READ_ONLY', 'cannot be written. Give this user access to the folder and everything in it'],
  EPERM: [
    'STORE_READ_ONLY',
    'cannot be written. Give this user write access to the folder and everything in it',
  ],
}

/** The error of the catalogue for an error of the file system; other errors stay as they are. */
export function translate(error: unknown, what: string): unknown {
  if (WorkflowError.is(error)) return error
  const { code, path } = codeOf(error)
  if (code === null) return error
  const [catalogue, says] = TROUBLE[code] ?? [
    'STORE_UNAVAILABLE',
    `could not be read or written: ${(error as Error).message}`,
  ]
  return new WorkflowError(catalogue, `${what} ${says}.`, {
    cause: error,
    details: { store: what, system: code, ...(path === null ? {} : { path }) },
  })
}

/** Whether an error of the file system has this code. */
export function isCode(error: unknown, ...codes: readonly string[]): boolean {
  const { code } = codeOf(error)
  return code !== null && codes.includes(code)
}

function codeOf(error: unknown): { readonly code: string | null; readonly path: string | null } {
  if (!(error instanceof Error) || !('syscall' in error)) return { code: null, path: null }
  const { code, path } = error as NodeJS.ErrnoException
  return { code: code ?? null, path: path ?? null }
}

/** The error for a call after the store was closed. */
export function closed(what: string): WorkflowError {
  return new WorkflowError('STORE_CLOSED', `${what} is closed. Open it again before using it.`)
}
