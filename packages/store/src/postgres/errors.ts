import { WorkflowError, type ErrorCode } from '@holdfast/workflow-sdk'

/** What the driver says when a connection could not be made, or broke. */
const CONNECTION =
  /^(?:Connection terminated|Client has encountered a connection error|Client was closed|timeout e|Query read timeout|Cannot use a pool|The client is closed)|SSL connection/
const NODE_CODES = new Set(
  'ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN ENOENT'.split(' '),
)

/** The five characters of an error of the server (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
export function sqlState(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null
  return 'severity' in error && error.code.length === 5 ? error.code : null
}

/** Whether the server cannot be reached at this moment: the same may work a little later. */
export function isAway(error: unknown): boolean {
  const state = sqlState(error)
  // Connection exceptions, too many connections, and a server that stops or starts.
  if (state !== null) return state.startsWith('08') || state === '53300' || /^57P0[1-3]$/.test(state)
  if (!(error instanceof Error) || WorkflowError.is(error)) return false
  return CONNECTION.test(error.message) || ('code' in error && NODE_CODES.has(String(error.code)))
}

/** Whether two transactions were in each other's way: the same works when it is tried again. */
export function isCollision(error: unknown): boolean {
  const state = sqlState(error)
  return state === '40001' || state === '40P01'
}

/** Whether the whole database, not one statement, is in trouble: each write by itself would fail too. */
export function isStoreTrouble(error: unknown): boolean {
  const state = sqlState(error)
  return isAway(error) || (state !== null && state in TROUBLE) || isInterrupted(state)
}

/** Out of memory or locks, too slow, or ended by an administrator. */
function isInterrupted(state: string | null): boolean {
  return state !== null && /^(?:53|55|57|58|XX)|^25P0[34]/.test(state)
}

const TROUBLE: Readonly<Record<string, readonly [code: ErrorCode, what: string]>> = {
  '53100': ['STORE_FULL', 'has no room left on its disk. Free some space and try again'],
  '25006': ['STORE_READ_ONLY', 'is read-only, as a stand-by server is. Connect to the primary server'],
  '28000': ['STORE_ACCESS_DENIED', 'does not let this user in. Check user, password and pg_hba.conf'],
  '28P01': ['STORE_ACCESS_DENIED', 'refuses the password. Check user and password of the address'],
  '42501': [
    'STORE_ACCESS_DENIED',
    'does not give this user the rights that it needs. Grant create on the database, or all on the schema and its tables',
  ],
  '3D000': ['STORE_UNAVAILABLE', 'names a database that does not exist. Create it with createdb'],
}

/** The error of the catalogue for an error of the server or the driver; other errors stay as they are. */
export function translate(error: unknown, what: string): unknown {
  if (WorkflowError.is(error)) return error
  const state = sqlState(error)
  const says = error instanceof Error ? error.message || String((error as { code?: unknown }).code) : ''
  const make = (code: ErrorCode, text: string): WorkflowError =>
    new WorkflowError(code, `${what} ${text}.`, {
      cause: error,
      details: { store: what, ...(state === null ? {} : { sqlState: state }) },
    })
  if (state !== null && state in TROUBLE) {
    const [code, text] = TROUBLE[state] ?? ['STORE_UNAVAILABLE', says]
    return make(code, text)
  }
  if (isAway(error))
    return make('STORE_UNAVAILABLE', `cannot be reached: ${says}. Check host, port and that the server runs`)
  if (state === null) return error
  if (isCollision(error)) return make('STORE_UNAVAILABLE', `is busy: ${says}. Try again`)
  if (state.startsWith('23'))
    return make('RECORD_CONFLICT', `refused the record: ${says}. Check the ids that it refers to`)
  if (/^(?:22|54)/.test(state))
    return make('PAYLOAD_INVALID', `cannot keep a value: ${says}. Give smaller or plainer values`)
  // What is wrong with a statement is wrong with Holdfast, or with tables that somebody changed by hand.
  if (state.startsWith('42')) return make('INTERNAL', `refused a statement: ${says}`)
  return make('STORE_UNAVAILABLE', `failed: ${says}`)
}
