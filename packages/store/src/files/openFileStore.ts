import { resolve } from 'node:path'
import { DEFAULT_LIMITS } from '../append/RunTransaction.ts'
import type { IWorkflowStore } from '../contract/index.ts'
import type { StoreOptions } from '../sqlite/openSqliteStore.ts'
import { definitionCalls } from './definitionCalls.ts'
import type { BeforeWrite } from './effects.ts'
import { closed } from './errors.ts'
import { FileWatcher } from './FileWatcher.ts'
import { journalCalls } from './journalCalls.ts'
import { Layout } from './layout.ts'
import { Member } from './Member.ts'
import { openFolder } from './open.ts'
import type { ProcessMark } from './processes.ts'
import { queueCalls } from './queueCalls.ts'
import { recordCalls } from './recordCalls.ts'
import { runCalls } from './runCalls.ts'
import { promptCalls, sessionCalls } from './promptCalls.ts'
import { transferCalls } from './transferCalls.ts'

/** Options of a store in files. */
export interface FileStoreOptions extends StoreOptions {
  /** The folder; made when its parent is there. */
  readonly path: string
  /** Milliseconds between looks for what other processes wrote or ask for, where the system does not tell; default 100. */
  readonly pollIntervalMs?: number
  /** Longest wait for the process that holds the store, in milliseconds; default 30,000. */
  readonly requestTimeoutMs?: number
  /** How long a holder that cannot be seen from here (another container) may be silent, in milliseconds; default 12,000. */
  readonly leaseDurationMs?: number
  /** Most writes that are made at once; default 200. */
  readonly maxBatch?: number
  /** Most writes that wait before callers have to; default 2,000. */
  readonly maxWaiting?: number
  /** Type of the file system of a folder as statfs gives it; default: asks the system. */
  readonly fileSystemType?: (folder: string) => number
  /** Whether a process lives; default asks the system. */
  readonly lookAt?: (mark: ProcessMark) => 'alive' | 'dead' | 'unknown'
  /** Called before each change of a file with what it is; a test lets the process die in it. */
  readonly beforeWrite?: BeforeWrite
}

/**
 * Opens a store in the files of a folder: `{path}/{runId}/events.jsonl` and what belongs to it.
 * @throws WorkflowError `STORE_NOT_A_DATABASE`, `STORE_NEWER`, `STORE_READ_ONLY`, `STORE_FULL`,
 *   `STORE_ON_NETWORK_FS`, `STORE_UNAVAILABLE`.
 */
// oxlint-disable-next-line typescript/require-await -- what throws is to reject
export async function openFileStore(options: FileStoreOptions): Promise<IWorkflowStore> {
  const { now = Date.now, pollIntervalMs = 100, requestTimeoutMs = 30_000 } = options
  const { leaseDurationMs: leaseMs = 12_000, maxBatch = 200, maxWaiting = 2000 } = options
  const layout = new Layout(resolve(options.path))
  const description = `file:${layout.root}`
  const what = `The store ${description}`
  openFolder(layout, what, options.fileSystemType)
  const watcher = new FileWatcher(layout, pollIntervalMs, () => member.isHeld)
  const member: Member = new Member({
    layout,
    what,
    now,
    maxBatch,
    maxWaiting,
    leaseMs,
    requestTimeoutMs,
    pollIntervalMs,
    limits: { ...DEFAULT_LIMITS, ...options.journal },
    onCommit: (changed) => watcher.committed(changed),
    ...(options.lookAt === undefined ? {} : { lookAt: options.lookAt }),
    ...(options.beforeWrite === undefined ? {} : { beforeWrite: options.beforeWrite }),
  })
  return {
    description,
    ...journalCalls(member),
    ...queueCalls(member),
    ...runCalls(member),
    ...recordCalls(member),
    ...definitionCalls(member),
    ...promptCalls(member),
    ...sessionCalls(member),
    ...transferCalls(member),
    watch: (...listener) => {
      if (member.isClosed) throw closed(what)
      return watcher.watch(...listener)
    },
    close: async () => {
      await member.close()
      watcher.end(closed(what))
    },
  }
}
