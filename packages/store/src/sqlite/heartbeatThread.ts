import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { isSame, markOf, type FileMark } from './fileMark.ts'

/** What the thread is started with. */
export interface HeartbeatData {
  readonly path: string
  /** The database that was opened; another one at the path is not written to. */
  readonly file: FileMark | null
  readonly workerId: string
  readonly intervalMs: number
  /** Milliseconds between the store's clock and the machine's. */
  readonly clockOffsetMs: number
  /** One 64-bit integer: nanoseconds of the monotonic clock at which the last renewal began. */
  readonly renewedAt: SharedArrayBuffer
}

const { path, file, workerId, intervalMs, clockOffsetMs, renewedAt } = workerData as HeartbeatData
/** SQLite makes the index of the log in pieces of so many bytes (https://www.sqlite.org/walformat.html). */
const INDEX_BYTES = 32_768
const beat = new BigInt64Array(renewedAt)
let database: DatabaseSync | null = null

/** Renews the worker's row. Whatever fails is tried again at the next beat: being late is noticed by others. */
function renew(): void {
  const began = process.hrtime.bigint()
  if (!isThere()) return
  try {
    if (database === null) {
      database = new DatabaseSync(path, { timeout: Math.max(100, Math.floor(intervalMs / 2)) })
      // A renewal that is lost with the power needs no disk flush: so is the worker.
      database.exec('pragma synchronous = normal')
    }
    const now = new Date(Date.now() + clockOffsetMs).toISOString()
    const { changes } = database.prepare('update workers set renewed_at = ? where id = ?').run(now, workerId)
    if (Number(changes) === 1) Atomics.store(beat, 0, began)
  } catch {
    try {
      database?.close()
    } catch {
      // It was not open.
    }
    database = null
  }
}

/**
 * Whether the database is the one that was opened, and the index of its log whole: touching what was cut off of
 * it would end the process. Where it is not, the other thread finds out too and stops this one.
 */
function isThere(): boolean {
  const found = markOf(path)
  if (file === null || found === undefined) return true
  if (found === null || !isSame(found, file)) return false
  const index = markOf(`${path}-shm`)
  return index === undefined || (index !== null && index.size >= INDEX_BYTES)
}

renew()
parentPort?.postMessage('beating')
const timer = setInterval(renew, intervalMs)
parentPort?.once('message', () => {
  clearInterval(timer)
  database?.close()
  parentPort?.close()
})
