import { once } from 'node:events'
import { resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Heartbeat } from '../contract/index.ts'
import type { HeartbeatData } from './heartbeatThread.ts'
import type { StoreParts } from './StoreParts.ts'

/**
 * Renews a worker's row every `intervalMs`: from a thread with a connection of its own, so that a step that
 * blocks this thread keeps its lease; for a store in memory, which no other process sees, from this thread.
 */
export async function startHeartbeat(
  parts: StoreParts,
  workerId: string,
  intervalMs: number,
): Promise<Heartbeat> {
  const renewedAt = new SharedArrayBuffer(8)
  const beat = new BigInt64Array(renewedAt)
  Atomics.store(beat, 0, process.hrtime.bigint())
  const stop =
    parts.path === ':memory:'
      ? beatHere(parts, workerId, intervalMs, beat)
      : beatInThread({
          path: resolve(parts.path),
          file: parts.files.file,
          workerId,
          intervalMs,
          clockOffsetMs: parts.now() - Date.now(),
          renewedAt,
        })
  return {
    sinceRenewedMs: () => Number(process.hrtime.bigint() - Atomics.load(beat, 0)) / 1e6,
    stop,
  }
}

function beatHere(
  parts: StoreParts,
  workerId: string,
  intervalMs: number,
  beat: BigInt64Array,
): () => Promise<void> {
  const renew = (): void => {
    const began = process.hrtime.bigint()
    const write = parts.commit.write((tx) => tx.connection.run(RENEW, tx.timestamp, workerId))
    write.then(
      (changes) => {
        if (changes === 1) Atomics.store(beat, 0, began)
      },
      // The next beat tries again.
      () => undefined,
    )
  }
  const timer = setInterval(renew, intervalMs).unref()
  return async () => clearInterval(timer)
}

const RENEW = 'update workers set renewed_at = ? where id = ?'
const THREAD = new URL(`./heartbeatThread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)

function beatInThread(data: HeartbeatData): () => Promise<void> {
  let stopped = false
  let thread: Worker | null = null
  const start = (): Worker => {
    const worker = new Worker(THREAD, { workerData: data, name: 'holdfast-heartbeat' })
    worker.unref()
    // A thread that breaks must not take the process with it: another one goes on.
    worker.on('error', () => undefined)
    worker.on('exit', () => {
      thread = null
      if (!stopped) setTimeout(restart, data.intervalMs).unref()
    })
    thread = worker
    return worker
  }
  const restart = (): void => {
    if (!stopped) start()
  }
  // Not waited for: the row was written a moment ago, and starting a thread takes longer than a first step.
  start()
  return async () => {
    stopped = true
    const running = thread
    if (running === null) return
    const ended = once(running, 'exit')
    // The thread is all that is left to wait for: without this the process would end in the middle.
    running.ref()
    running.postMessage('stop')
    await ended
  }
}
