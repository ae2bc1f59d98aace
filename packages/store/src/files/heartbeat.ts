import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Heartbeat } from '../contract/index.ts'
import type { HeartbeatData } from './heartbeatThread.ts'
import type { Member } from './Member.ts'

const THREAD = new URL(`./heartbeatThread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)

/** Renews a worker's row every `intervalMs` from a thread, so that a step that blocks this one keeps its lease. */
export function startHeartbeat(member: Member, workerId: string, intervalMs: number): Heartbeat {
  const renewedAt = new SharedArrayBuffer(8)
  const beat = new BigInt64Array(renewedAt)
  Atomics.store(beat, 0, process.hrtime.bigint())
  const stop = beatInThread({
    worker: member.layout.worker(workerId),
    lock: member.lock.path,
    intervalMs,
    clockOffsetMs: member.now() - Date.now(),
    renewedAt,
  })
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
