import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Bench } from '../conformance/Bench.ts'
import { received } from '../conformance/events.ts'
import type { StoreChange } from '../contract/index.ts'
import { openSqliteStore } from './openSqliteStore.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-processes-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function benchAt(path: string): Promise<Bench> {
  return await Bench.open({
    name: path,
    open: (options) => openSqliteStore({ ...options, path, pollIntervalMs: 5 }),
  })
}

describe('other processes', () => {
  test('[SQ11] a commit of another connection is noticed while somebody watches', async () => {
    const path = join(folder, 'watch.db')
    const bench = await benchAt(path)
    const run = await bench.startRun()
    await bench.park(run)
    const other = await openSqliteStore({ path })
    const heard = Promise.withResolvers<StoreChange>()
    const unwatch = bench.store.watch(heard.resolve)
    await other.appendFromOutside(run.id, received('e'))
    expect(await heard.promise).toEqual({ runId: null, sequence: 0 })
    expect(await bench.claim()).toEqual([])
    bench.clock.ms = Date.now() + 1000
    expect(await bench.claim()).toHaveLength(1)
    unwatch()
    await other.close()
    await bench.store.close()
  })

  test('[SQ11] a heartbeat goes on while the main thread is blocked', async () => {
    const path = join(folder, 'beat.db')
    const bench = await benchAt(path)
    const heartbeat = await bench.store.startHeartbeat(bench.workerId, { intervalMs: 10 })
    const reader = new DatabaseSync(path)
    const renewedAt = (): unknown => reader.prepare('select renewed_at from workers').get()?.renewed_at
    const seen = new Set<unknown>()
    const giveUpAt = performance.now() + 30_000
    // Nothing of this thread's event loop runs in here.
    while (seen.size < 4 && performance.now() < giveUpAt) seen.add(renewedAt())
    expect(seen.size).toBe(4)
    await heartbeat.stop()
    const last = renewedAt()
    const since = heartbeat.sinceRenewedMs()
    await expect.poll(() => heartbeat.sinceRenewedMs(), { timeout: 20_000 }).toBeGreaterThan(since + 100)
    expect(renewedAt()).toBe(last)
    reader.close()
    await bench.store.close()
  })

  test('[SQ11] a heartbeat survives a database that is locked', async () => {
    const path = join(folder, 'locked.db')
    const bench = await benchAt(path)
    const heartbeat = await bench.store.startHeartbeat(bench.workerId, { intervalMs: 10 })
    const other = new DatabaseSync(path)
    other.exec('begin immediate')
    const since = heartbeat.sinceRenewedMs()
    await expect.poll(() => heartbeat.sinceRenewedMs(), { timeout: 20_000 }).toBeGreaterThan(since + 400)
    const longest = heartbeat.sinceRenewedMs()
    other.exec('rollback')
    other.close()
    await expect.poll(() => heartbeat.sinceRenewedMs(), { timeout: 20_000 }).toBeLessThan(longest)
    await heartbeat.stop()
    await bench.store.close()
  })
})
