import { randomUUID } from 'node:crypto'
import { DEFAULT_LIMITS } from '../append/RunTransaction.ts'
import type { IWorkflowStore } from '../contract/index.ts'
import { definitionCalls } from '../sql/definitionCalls.ts'
import { promptCalls, sessionCalls } from '../sql/promptCalls.ts'
import type { StoreOptions } from '../sqlite/openSqliteStore.ts'
import { parseAddress } from './address.ts'
import { readColumns } from './Columns.ts'
import { translate } from './errors.ts'
import { closed, GroupCommit } from './GroupCommit.ts'
import { journalCalls } from './journalCalls.ts'
import { Listener, writtenTo } from './Listener.ts'
import { openPool } from './pool.ts'
import { prepareDatabase } from './prepareDatabase.ts'
import { queueCalls } from './queueCalls.ts'
import { runCalls } from './runCalls.ts'
import { StoreClock } from './StoreClock.ts'
import { StoreParts } from './StoreParts.ts'

/** Options of a PostgreSQL store. */
export interface PostgresStoreOptions extends StoreOptions {
  /** `postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME`; schema `holdfast` where none is given. */
  readonly url: string
  /** What to do with a schema that is not up to date: bring it there (default), or refuse it. */
  readonly migrate?: 'auto' | 'check'
  /** Most connections, one more for watching; default 10. */
  readonly maxConnections?: number
  /** How long a connection may take to be made, in milliseconds; default 5,000. */
  readonly connectTimeoutMs?: number
  /** How long reads and writes are tried again while the server is away, in milliseconds; default 10,000. */
  readonly retryForMs?: number
  /** Milliseconds between looks for what no notice told of; default 2,000. */
  readonly pollIntervalMs?: number
  /** Most writes in one transaction; default 200. */
  readonly maxBatch?: number
  /** Most characters of payloads in one transaction, where it holds several writes; default 4 Mi. */
  readonly maxBatchLength?: number
  /** Most writes that wait before callers have to; default 2,000. */
  readonly maxWaiting?: number
}

/**
 * Opens a store in a schema of a PostgreSQL database, 14 or newer, and brings it up to date.
 * @throws WorkflowError `STORE_URL_INVALID`, `STORE_UNAVAILABLE`, `STORE_ACCESS_DENIED`,
 *   `STORE_SERVER_UNSUPPORTED`, `STORE_NEWER`, `STORE_OLDER`, `STORE_NOT_A_DATABASE`, `STORE_READ_ONLY`.
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<IWorkflowStore> {
  const { maxConnections = 10, connectTimeoutMs = 5000, retryForMs = 10_000, pollIntervalMs = 2000 } = options
  const address = parseAddress(options.url)
  const { description, channel } = address
  const what = `The store ${description}`
  const pool = await openPool(address, { max: maxConnections + 1, connectTimeoutMs })
  try {
    await prepareDatabase(pool, address, options.migrate ?? 'auto')
    const notice = { channel, sender: randomUUID() }
    const { schema } = address
    const before = await writtenTo(pool, schema)
    const listener = new Listener({ pool, schema, ...notice, before, pollMs: pollIntervalMs })
    const clock = new StoreClock(options.now)
    const commit = new GroupCommit({
      pool,
      columns: await readColumns(pool, schema),
      schema,
      clock,
      what,
      retryForMs,
      notice,
      maxBatch: options.maxBatch ?? 200,
      maxBatchLength: options.maxBatchLength ?? 4 * 1024 * 1024,
      maxWaiting: options.maxWaiting ?? 2000,
      limits: { ...DEFAULT_LIMITS, ...options.journal },
      onCommit: (changed) => listener.committed(changed),
    })
    return storeOf(new StoreParts({ pool, commit, clock, address, what, retryForMs }), listener)
  } catch (error) {
    await pool.end()
    throw translate(error, what)
  }
}

function storeOf(parts: StoreParts, listener: Listener): IWorkflowStore {
  return {
    description: parts.address.description,
    ...journalCalls(parts),
    ...queueCalls(parts),
    ...runCalls(parts),
    ...definitionCalls(parts.scripts),
    ...promptCalls(parts.scripts),
    ...sessionCalls(parts.scripts),
    // Loaded only to copy.
    exportRecords: async function* () {
      yield* (await import('./transferCalls.ts')).transferCalls(parts).exportRecords()
    },
    importRecords: async (records) =>
      await (await import('./transferCalls.ts')).transferCalls(parts).importRecords(records),
    watch: (...heard) => {
      if (parts.isClosed) throw closed(parts.what)
      return listener.watch(...heard)
    },
    close: async () => {
      if (parts.isClosed) return
      parts.isClosed = true
      await parts.commit.close()
      await parts.settled()
      listener.end(closed(parts.what))
      await parts.pool.end()
    },
  }
}
