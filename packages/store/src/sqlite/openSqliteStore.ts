import { resolve } from 'node:path'
import type { JournalLimits } from '../append/RunTransaction.ts'
import { DEFAULT_LIMITS } from '../append/RunTransaction.ts'
import type { IWorkflowStore } from '../contract/index.ts'
import { definitionCalls } from '../sql/definitionCalls.ts'
import { promptCalls, sessionCalls } from '../sql/promptCalls.ts'
import type { Connection } from './Connection.ts'
import { translate } from './errors.ts'
import { closed, GroupCommit } from './GroupCommit.ts'
import { journalCalls } from './journalCalls.ts'
import { openDatabase } from './open.ts'
import { queueCalls } from './queueCalls.ts'
import { recordCalls } from './recordCalls.ts'
import { runCalls } from './runCalls.ts'
import { StoreFiles } from './StoreFiles.ts'
import { StoreParts } from './StoreParts.ts'
import { Watcher } from './Watcher.ts'

/** Options of every store. */
export interface StoreOptions {
  /** Milliseconds since 1970, for every timestamp; default `Date.now`. */
  readonly now?: () => number
  /** Limits of one journal, in events; default a warning at 10,000 and a stop at 100,000. */
  readonly journal?: Partial<JournalLimits>
}

/** Options of a SQLite store. */
export interface SqliteStoreOptions extends StoreOptions {
  /** Path of the file, or `:memory:` for one that lives as long as the store. */
  readonly path: string
  /** How long a write waits for another process, in milliseconds; default 5,000. This thread stands still meanwhile. */
  readonly busyTimeoutMs?: number
  /** Milliseconds between looks for what other processes wrote; default 100. */
  readonly pollIntervalMs?: number
  /** Most writes in one transaction; default 200. */
  readonly maxBatch?: number
  /** Most writes that wait before callers have to; default 2,000. */
  readonly maxWaiting?: number
  /** Type of the file system of a folder as statfs gives it; default: asks the system. */
  readonly fileSystemType?: (folder: string) => number
}

/**
 * Opens a store in a SQLite file and brings its schema up to date.
 * @throws WorkflowError `STORE_NOT_A_DATABASE`, `STORE_NEWER`, `STORE_READ_ONLY`, `STORE_FULL`,
 *   `STORE_ON_NETWORK_FS`, `STORE_REPLACED`, `STORE_UNAVAILABLE`.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<IWorkflowStore> {
  const { path, now = Date.now, busyTimeoutMs = 5000, pollIntervalMs = 100 } = options
  const { maxBatch = 200, maxWaiting = 2000, fileSystemType } = options
  const connection = await openDatabase({
    path,
    busyTimeoutMs,
    ...(fileSystemType === undefined ? {} : { fileSystemType }),
  })
  const description = `sqlite:${path}`
  const what = `The store ${description}`
  const files = new StoreFiles({
    path: path === ':memory:' ? null : resolve(path),
    what,
    saveLog: () => saveLog(connection),
    onLost: (reason) => watcher.end(reason),
  })
  const watcher: Watcher = new Watcher(connection, files, path === ':memory:' ? null : pollIntervalMs)
  const commit = new GroupCommit({
    connection,
    files,
    what,
    now,
    maxBatch,
    maxWaiting,
    limits: { ...DEFAULT_LIMITS, ...options.journal },
    onCommit: (changed) => watcher.committed(changed),
  })
  const parts = new StoreParts({ connection, commit, files, what, path, busyTimeoutMs, now })
  return {
    description,
    ...journalCalls(parts),
    ...queueCalls(parts),
    ...runCalls(parts),
    ...recordCalls(parts),
    ...definitionCalls(parts.scripts),
    ...promptCalls(parts.scripts),
    ...sessionCalls(parts.scripts),
    // Loaded only to copy.
    exportRecords: async function* () {
      yield* (await import('./transferCalls.ts')).transferCalls(parts).exportRecords()
    },
    importRecords: async (records) =>
      await (await import('./transferCalls.ts')).transferCalls(parts).importRecords(records),
    watch: (...listener) => {
      if (parts.isClosed) throw closed(what)
      if (files.lost !== null) throw files.lost
      return watcher.watch(...listener)
    },
    close: async () => {
      if (parts.isClosed) return
      await commit.close()
      parts.isClosed = true
      watcher.end(closed(what))
      if (!files.mayClose) {
        abandon(connection)
        return
      }
      try {
        connection.close()
      } catch (error) {
        throw translate(error, what)
      }
    },
  }
}

/** Held, so that they are not collected and closed. */
const abandoned: Connection[] = []

/**
 * Leaves a connection open for good: closing it would write to files that are not its own any more, or touch an
 * index that is gone. Node.js closes what is open when a process ends by itself, but not after `process.exit`.
 */
function abandon(connection: Connection): void {
  if (abandoned.length === 0) process.once('exit', () => process.exit())
  abandoned.push(connection)
}

/** Brings what is committed from the log into the database, without waiting; whether all of it is there. */
function saveLog(connection: Connection): boolean {
  const moved = connection.get<{ busy: number; log: number; checkpointed: number }>(
    'pragma wal_checkpoint(passive)',
  )
  return moved?.busy === 0 && moved.log === moved.checkpointed
}
