import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { checkNotNewer, SCHEMA_VERSION } from '../migrations/version.ts'
import { Connection } from './Connection.ts'
import { sqliteCode, translate } from './errors.ts'
import { markOf } from './fileMark.ts'
import { refuseNetworkFileSystem } from '../networkFs.ts'
import { APPLICATION_ID, checkOurs } from './ours.ts'

/** What opening takes. */
export interface OpenOptions {
  /** Path of the file, or `:memory:`. */
  readonly path: string
  /** How long a write waits for another process, in milliseconds. */
  readonly busyTimeoutMs: number
  /** Type of the file system of a folder as statfs gives it; default: asks the system. */
  readonly fileSystemType?: (folder: string) => number
}

/**
 * Opens a database and brings it to the newest schema. Safe when several processes do so at once.
 * @throws WorkflowError `STORE_NOT_A_DATABASE`, `STORE_NEWER`, `STORE_READ_ONLY`, `STORE_FULL`,
 *   `STORE_ON_NETWORK_FS`, `STORE_REPLACED`, `STORE_UNAVAILABLE`.
 */
export async function openDatabase(options: OpenOptions): Promise<Connection> {
  const what = `The store sqlite:${options.path}`
  const inMemory = options.path === ':memory:'
  if (!inMemory) checkPlace(realPath(resolve(options.path)), what, options.fileSystemType)
  let connection: Connection | null = null
  try {
    connection = new Connection(options.path, options)
    // Before the first change: the database of another program keeps even its journal mode.
    checkOurs(connection.database, what)
    if (!inMemory) await useWriteAheadLog(connection, options.busyTimeoutMs)
    connection.exec(SETTINGS)
    if (!isReady(connection, what)) await makeReady(connection, what)
    return connection
  } catch (error) {
    connection?.close()
    throw translate(error, what)
  }
}

/**
 * A commit is on the disk before it is answered. The page cache (KiB, negative) and the log (pages) are larger
 * than SQLite's own: steps of many runs at once touch many pages, and each shall be written back once.
 */
const SETTINGS = `pragma synchronous = full; pragma foreign_keys = on; pragma cache_size = -32768;
  pragma wal_autocheckpoint = 4000`

/** Where a link leads; SQLite keeps the log and the locks of a database beside the file itself. */
function realPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : path
}

/** Says what is wrong with the place before SQLite says only that it cannot open it. */
function checkPlace(path: string, what: string, typeOf?: (folder: string) => number): void {
  const folder = dirname(path)
  if (!existsSync(folder)) {
    throw new WorkflowError(
      'STORE_UNAVAILABLE',
      `${what} cannot be opened: the folder ${folder} does not exist. Make it first.`,
      {
        details: { folder },
      },
    )
  }
  if (existsSync(path) && !statSync(path).isFile()) {
    throw new WorkflowError('STORE_NOT_A_DATABASE', `${what} is no file. Give the path of a file.`, {
      details: { path },
    })
  }
  refuseNetworkFileSystem(folder, typeOf)
  refuseLogAlone(path, what)
  if (isWritable(folder) && (!existsSync(path) || isWritable(path))) return
  throw new WorkflowError(
    'STORE_READ_ONLY',
    `${what} cannot be written. Give this user write access to the file and its folder ${folder}.`,
    { details: { path } },
  )
}

/** What is committed lies in the log at first. Next to an empty database SQLite would remove it without a word. */
function refuseLogAlone(path: string, what: string): void {
  const log = markOf(`${path}-wal`)
  const database = markOf(path)
  if (log == null || log.size === 0 || database === undefined || (database?.size ?? 0) > 0) return
  throw new WorkflowError(
    'STORE_REPLACED',
    `${what} cannot be opened: the file is ${database === null ? 'missing' : 'empty'}, but the log of its predecessor is there (${path}-wal). ` +
      'Put the file back beside it. To begin anew instead, stop what else uses the store and remove its -wal and -shm files too.',
    { details: { path, file: path, how: database === null ? 'removed' : 'cut off' } },
  )
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

const RETRY_MS = 20

/** Changing the journal mode takes the whole file; whether SQLite waits for that by itself depends on who has it. */
async function useWriteAheadLog(connection: Connection, timeoutMs: number): Promise<void> {
  const end = performance.now() + timeoutMs
  for (;;) {
    try {
      connection.exec('pragma journal_mode = wal')
      return
    } catch (error) {
      if (sqliteCode(error) !== 5 || performance.now() >= end) throw error
      await delay(RETRY_MS)
    }
  }
}

/** Whether the schema is the newest already; then nothing has to be locked. */
function isReady(connection: Connection, what: string): boolean {
  checkOurs(connection.database, what)
  const table = connection.database
    .prepare("select 1 from sqlite_schema where name = 'schema_migrations'")
    .get()
  if (table === undefined) return false
  const row = connection.database.prepare('select max(number) as newest from schema_migrations').get()
  const newest = Number(row?.newest ?? 0)
  checkNotNewer(newest, what)
  return newest === SCHEMA_VERSION
}

async function makeReady(connection: Connection, what: string): Promise<void> {
  // Loaded only where there is something to do: most openings find the schema as it should be.
  const [{ kyselyOver }, { migrate }, { SQLITE }] = await Promise.all([
    import('./kysely.ts'),
    import('../migrations/migrate.ts'),
    import('../migrations/dialect.ts'),
  ])
  const db = kyselyOver<never>(connection)
  await db.transaction().execute(async (trx) => {
    checkOurs(connection.database, what)
    connection.exec(`pragma application_id = ${APPLICATION_ID}`)
    await migrate(trx, SQLITE, what)
  })
}
