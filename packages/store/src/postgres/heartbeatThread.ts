import { parentPort, workerData } from 'node:worker_threads'
import type { Pool } from 'pg'
import type { PostgresAddress } from './address.ts'
import { openPool } from './pool.ts'

/** What the thread is started with. */
export interface HeartbeatData {
  readonly address: PostgresAddress
  readonly workerId: string
  readonly intervalMs: number
  /** Milliseconds between the store's clock and the machine's; null: the database's clock counts. */
  readonly clockOffsetMs: number | null
  /** One 64-bit integer: nanoseconds of the monotonic clock at which the last renewal began. */
  readonly renewedAt: SharedArrayBuffer
}

const { address, workerId, intervalMs, clockOffsetMs, renewedAt } = workerData as HeartbeatData
const beat = new BigInt64Array(renewedAt)
const RENEW = 'update workers set renewed_at = coalesce($1::timestamptz, clock_timestamp()) where id = $2'

/** Renews the worker's row. Whatever fails is tried again at the next beat: being late is noticed by others. */
async function renew(pool: Pool): Promise<void> {
  const began = process.hrtime.bigint()
  try {
    const client = await pool.connect()
    let failed = true
    try {
      const now = clockOffsetMs === null ? null : new Date(Date.now() + clockOffsetMs).toISOString()
      // A renewal that is lost with the power needs no disk flush: so is the worker.
      const answers = [
        client.query('begin'),
        client.query('set local synchronous_commit = off'),
        client.query({ text: RENEW, values: [now, workerId] }),
        client.query('commit'),
      ] as const
      const [, , { rowCount }] = await Promise.all(answers)
      failed = false
      if (rowCount === 1) Atomics.store(beat, 0, began)
    } finally {
      client.release(failed)
    }
  } catch {
    // The next beat takes a new connection.
  }
}

const pool = await openPool(address, { max: 1, connectTimeoutMs: Math.max(1000, intervalMs) })
let renewing: Promise<void> | null = null
const beatOnce = (): void => {
  renewing ??= renew(pool).finally(() => (renewing = null))
}
beatOnce()
const timer = setInterval(beatOnce, intervalMs)
parentPort?.once('message', () => {
  clearInterval(timer)
  void (renewing ?? Promise.resolve()).then(async () => {
    await pool.end()
    parentPort?.close()
  })
})
