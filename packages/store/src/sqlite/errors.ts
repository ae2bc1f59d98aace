import { WorkflowError, type ErrorCode } from '@holdfast/workflow-sdk'

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html). */
const BUSY = 5
const LOCKED = 6
const READONLY = 8
const IOERR = 10
const CORRUPT = 11
const FULL = 13
const CANTOPEN = 14
const CONSTRAINT = 19
const NOTADB = 26
/** Extended code: the shared memory of the write-ahead log finds no room on the disk. */
const IOERR_SHMSIZE = 4874
/** Extended code: a file ends before the page that the index says is in it. */
const IOERR_SHORT_READ = 522

/** The primary result code of an error of node:sqlite, FULL and CORRUPT where the extended one says so; null for anything else. */
export function sqliteCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null
  if (error.errcode === IOERR_SHMSIZE) return FULL
  return error.errcode === IOERR_SHORT_READ ? CORRUPT : error.errcode & 0xff
}

/** Whether the error says that the files hold something else than what was written to them. */
export function isDamage(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === CORRUPT || code === NOTADB
}

/** Whether the whole database, not one statement, is in trouble: the same write by itself would fail too. */
export function isStoreTrouble(error: unknown): boolean {
  const code = sqliteCode(error)
  return code !== null && code in TROUBLE
}

const TROUBLE: Readonly<Record<number, readonly [code: ErrorCode, what: string]>> = {
  [BUSY]: ['STORE_UNAVAILABLE', 'is locked by another process. Try again'],
  [LOCKED]: ['STORE_UNAVAILABLE', 'is locked by another connection. Try again'],
  [READONLY]: [
    'STORE_READ_ONLY',
    'cannot be written. Give this user write access to the file and its folder',
  ],
  [IOERR]: ['STORE_UNAVAILABLE', 'could not be read or written by the disk. Look at the disk and try again'],
  [CORRUPT]: [
    'STORE_NOT_A_DATABASE',
    'is damaged: the file or its -wal was cut off or overwritten. Restore it from a backup',
  ],
  [FULL]: ['STORE_FULL', 'has no room left on its disk. Free some space and try again'],
  [CANTOPEN]: ['STORE_UNAVAILABLE', 'cannot be opened. Check that its folder exists and may be written'],
  [NOTADB]: ['STORE_NOT_A_DATABASE', 'is not a Holdfast database. Check the address of the store'],
}

/** The error of the catalogue for an error of node:sqlite; other errors stay as they are. */
export function translate(error: unknown, what: string): unknown {
  if (WorkflowError.is(error)) return error
  const code = sqliteCode(error)
  if (code === null) return error
  if (code === CONSTRAINT) {
    return new WorkflowError(
      'RECORD_CONFLICT',
      `${what} refused the record: ${(error as Error).message}. Check the ids that it refers to.`,
      { cause: error, details: { store: what } },
    )
  }
  const [catalogue, says] = TROUBLE[code] ?? ['STORE_UNAVAILABLE', `failed: ${(error as Error).message}`]
  return new WorkflowError(catalogue, `${what} ${says}.`, {
    cause: error,
    details: { store: what, sqlite: code },
  })
}
