import { utimesSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'

/** What the thread is started with. */
export interface HeartbeatData {
  /** The row of the worker. */
  readonly worker: string
  /** The lock of the store, where this process held it when the thread began; null otherwise. */
  readonly lock: string | null
  readonly intervalMs: number
  /** Milliseconds between the store's clock and the machine's. */
  readonly clockOffsetMs: number
  /** One 64-bit integer: nanoseconds of the monotonic clock at which the last renewal began. */
  readonly renewedAt: SharedArrayBuffer
}

const { worker, lock, intervalMs, clockOffsetMs, renewedAt } = workerData as HeartbeatData
const beat = new BigInt64Array(renewedAt)

/** Renews the worker's row. Whatever fails is tried again at the next beat: being late is noticed by others. */
function renew(): void {
  const began = process.hrtime.bigint()
  if (touch(worker, Date.now() + clockOffsetMs)) Atomics.store(beat, 0, began)
  if (lock !== null) touch(lock, Date.now())
}

/** False for a file that is gone. */
function touch(path: string, at: number): boolean {
  try {
    const time = new Date(at)
    utimesSync(path, time, time)
    return true
  } catch {
    return false
  }
}

renew()
const timer = setInterval(renew, intervalMs)
parentPort?.once('message', () => {
  clearInterval(timer)
  parentPort?.close()
})
