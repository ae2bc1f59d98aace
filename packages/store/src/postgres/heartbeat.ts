import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Heartbeat } from '../contract/index.ts'
import type { HeartbeatData } from './heartbeatThread.ts'
import type { StoreParts } from './StoreParts.ts'

const THREAD = new URL(`./heartbeatThread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)

/**
 * Renews a worker's row every `intervalMs` from a thread with a connection of its own, so that a step that
 * blocks this thread keeps its lease. The time is the database's, unless a clock was handed in.
 */
export async function startHeartbeat(
  { address, clock }: StoreParts,
  workerId: string,
  intervalMs: number,
): Promise<Heartbeat> {
  const renewedAt = new SharedArrayBuffer(8)
  const beat = new BigInt64Array(renewedAt)
  Atomics.store(beat, 0, process.hrtime.bigint())
  const clockOffsetMs = clock.isDatabase ? null : clock.local() - Date.now()
  const stop = beatInThread({ address, workerId, intervalMs, clockOffsetMs, renewedAt })
  return {
    sinceRenewedMs: () => Number(process.hrtime.bigint() - Atomics.load(beat, 0)) / 1e6,
    stop,
  }
}

function beatInThread(data: HeartbeatData): () => Promise<void> {
  let stopped = false
  let thread: Worker | null = null
  const start = (): void => {
    if (stopped) return
    const worker = new Worker(THREAD, { workerData: data, name: 'holdfast-heartbeat' })
    worker.unref()
    // A thread that breaks must not take the process with it: another one goes on.
    worker.on('error', () => undefined)
    worker.on('exit', () => {
      thread = null
      if (!stopped) setTimeout(start, data.intervalMs).unref()
    })
    thread = worker
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
