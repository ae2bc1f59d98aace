import { afterEach, describe, expect, test, vi } from 'vitest'
import { administer, freshDatabase, urlOf } from '../../test/postgres/databases.ts'
import { Bench } from '../conformance/Bench.ts'
import { openPostgresStore } from './openPostgresStore.ts'

afterEach(() => vi.useRealTimers())

const HOUR_MS = 3_600_000
const nearMs = (a: string | null, b: number): boolean => a !== null && Math.abs(Date.parse(a) - b) < 60_000

describe('clocks', () => {
  test.each([-HOUR_MS, HOUR_MS])(
    '[PG12] a worker whose clock is wrong by %i ms is neither early nor late',
    async (wrongByMs) => {
      const database = await freshDatabase()
      const realNow = Date.now()
      vi.useFakeTimers({ toFake: ['Date'], now: realNow + wrongByMs })
      const bench = await Bench.open({
        name: 'PostgreSQL',
        open: ({ now: _now, ...options }) => openPostgresStore({ ...options, url: urlOf(database) }),
      })
      const local = (): string => new Date().toISOString()
      const { run } = await bench.store.createWorkflowRun(bench.newRun())
      expect(nearMs(run.created_at, realNow)).toBe(true)
      // Others compare what they read with their own clocks.
      const [worker] = await bench.store.listWorkers()
      expect(nearMs(worker?.renewed_at ?? null, Date.now())).toBe(true)
      const claim = async () =>
        await bench.store.claimDueRuns({ workerId: bench.workerId, limit: 1, now: local() })
      const [claimed] = await claim()
      expect(claimed?.run.id).toBe(run.id)
      const owned = { id: run.id, token: claimed?.ownerToken ?? '' }
      const wakeAt = new Date(Date.now() + HOUR_MS / 2).toISOString()
      expect(await bench.park(owned, { wakeAt })).toBe(true)
      expect(await claim()).toEqual([])
      expect(nearMs(await bench.store.nextDueAt(bench.workerId), Date.parse(wakeAt))).toBe(true)
      await bench.store.createWorkflowRun(bench.newRun({ startAt: local() }))
      await expect.poll(async () => (await claim()).length).toBe(1)
      await bench.store.close()
    },
  )

  test('[PG12] the database says how long a worker has been silent, whatever the looker thinks of the time', async () => {
    const database = await freshDatabase()
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - HOUR_MS })
    const bench = await Bench.open({
      name: 'PostgreSQL',
      open: ({ now: _now, ...options }) => openPostgresStore({ ...options, url: urlOf(database) }),
    })
    const silentMs = async () => (await bench.store.listWorkers())[0]?.silentMs ?? -1
    expect(await silentMs()).toBeGreaterThanOrEqual(0)
    expect(await silentMs()).toBeLessThan(HOUR_MS)
    await administer("update holdfast.workers set renewed_at = renewed_at - interval '2 hours'", database)
    expect(await silentMs()).toBeGreaterThanOrEqual(2 * HOUR_MS)
    expect(await silentMs()).toBeLessThan(3 * HOUR_MS)
    await bench.store.close()
  })

  test('[PG12] a heartbeat goes on while the main thread is blocked', async () => {
    const database = await freshDatabase()
    const bench = await Bench.open({
      name: 'PostgreSQL',
      open: ({ now: _now, ...options }) => openPostgresStore({ ...options, url: urlOf(database) }),
    })
    const heartbeat = await bench.store.startHeartbeat(bench.workerId, { intervalMs: 10 })
    await expect.poll(() => heartbeat.sinceRenewedMs(), { timeout: 30_000 }).toBeLessThan(500)
    const seen: number[] = []
    const giveUpAt = performance.now() + 30_000
    // Nothing of this thread's event loop runs in here. The time since the last beat grows, and falls at each beat.
    for (let last = 0, beats = 0; beats < 4 && performance.now() < giveUpAt;) {
      const since = heartbeat.sinceRenewedMs()
      if (since < last) seen.push(++beats)
      last = since
    }
    expect(seen).toEqual([1, 2, 3, 4])
    await heartbeat.stop()
    const renewed = async (): Promise<unknown> =>
      (await administer('select renewed_at from holdfast.workers', database))[0]
    const last = await renewed()
    const since = heartbeat.sinceRenewedMs()
    await expect.poll(() => heartbeat.sinceRenewedMs(), { timeout: 20_000 }).toBeGreaterThan(since + 100)
    expect(await renewed()).toEqual(last)
    await bench.store.close()
  })
})
