import { openSqliteStore } from '@holdfast/store'
import type { IWorkflowStore, WorkerRow } from '@holdfast/store/contract'
import type { HostPort } from '@holdfast/workflow-sdk/ports'
import { expect, it, onTestFinished } from 'vitest'
import { DEFAULT_SETTINGS } from '../src/settings.ts'
import { TestClock } from '../src/testing/index.ts'
import type { EngineDependencies } from '../src/dependencies.ts'
import { DeadWorkers } from '../src/worker/deadWorkers.ts'

const HERE = { host_id: 'here', boot_id: 'boot', pid_namespace: 'ns' }
const ELSEWHERE = { host_id: 'elsewhere', boot_id: 'boot', pid_namespace: 'ns' }
const HOUR_MS = 3_600_000

/** Somebody who looks for dead workers with a clock of his own, at a store with another worker. */
async function looker(
  place: Pick<WorkerRow, 'host_id' | 'boot_id' | 'pid_namespace'>,
  { aheadMs = 0, jitter = 0, storeHasClock = false } = {},
) {
  // The clock by which the other worker renews.
  const theirs = new TestClock()
  const mine = new TestClock(Date.UTC(2026, 0, 1) + aheadMs)
  const store = await openSqliteStore({ path: ':memory:', now: () => theirs.now() })
  onTestFinished(() => store.close())
  const register = (): Promise<unknown> =>
    store.registerWorker({
      id: 'other',
      ...place,
      pid: 7,
      process_started_at: null,
      concurrency: 1,
      workspace_group: null,
    })
  await register()
  const processes = { alive: true }
  const host: HostPort = {
    hostId: HERE.host_id,
    bootId: HERE.boot_id,
    pidNamespace: HERE.pid_namespace,
    self: { pid: 1, startTime: null, hostId: HERE.host_id, bootId: HERE.boot_id },
    isAlive: () => processes.alive,
  }
  let looks = 0
  const told: Partial<IWorkflowStore> = {
    releaseRunsOfWorker: (id) => store.releaseRunsOfWorker(id),
    listWorkers: async () =>
      (await store.listWorkers()).map((worker) => ({
        ...worker,
        renewed_at: new Date(Date.parse(worker.renewed_at) + (looks++ % 2) * jitter).toISOString(),
        silentMs: storeHasClock ? theirs.now() - Date.parse(worker.renewed_at) : null,
      })),
  }
  const deps = { store: told, host, clock: mine, settings: DEFAULT_SETTINGS } as unknown as EngineDependencies
  const dead = new DeadWorkers(deps, 'me')
  return {
    mine,
    theirs,
    processes,
    isThere: async () => (await store.listWorkers()).length === 1,
    /** A look each two seconds; the other renews each three where it does. */
    pass: async (ms: number, renews: boolean) => {
      let renewal: { stop(): Promise<void> } | null = null
      for (let passed = 0; passed < ms; passed += 1000) {
        await theirs.advance(1000)
        await mine.advance(1000)
        if (renews && passed % 3000 === 0) {
          const at = new Date(theirs.now()).toISOString()
          renewal = await store.startHeartbeat('other', { intervalMs: 1 })
          await expect
            .poll(async () => (await store.listWorkers())[0]?.renewed_at ?? at, { timeout: 20_000 })
            .toBe(at)
          await renewal.stop()
        }
        if (passed % 2000 === 0) await dead.release()
      }
    },
  }
}

it('[EO2] a process that is gone is noticed at the first look', async () => {
  const t = await looker(HERE)
  t.processes.alive = false
  await t.pass(1000, false)
  expect(await t.isThere()).toBe(false)
})

for (const [where, place] of [
  ['on this host', HERE],
  ['elsewhere', ELSEWHERE],
] as const) {
  it(`[EO2] a worker ${where} that lives keeps its runs when the clock jumps`, async () => {
    const t = await looker(place)
    await t.pass(10_000, true)
    // The machine was suspended for a night: no time passed for timers.
    t.mine.setForward(8 * HOUR_MS)
    await t.pass(2000, false)
    expect(await t.isThere()).toBe(true)
    t.theirs.setForward(8 * HOUR_MS)
    await t.pass(20_000, true)
    t.mine.setBack(3 * HOUR_MS)
    await t.pass(20_000, true)
    expect(await t.isThere()).toBe(true)
  })

  it(`[EO2] a worker ${where} that renews no more loses its runs after a lease, also when the clock was set back`, async () => {
    const t = await looker(place)
    await t.pass(9000, true)
    t.mine.setBack(3 * HOUR_MS)
    await t.pass(10_000, false)
    expect(await t.isThere()).toBe(true)
    await t.pass(6000, false)
    expect(await t.isThere()).toBe(false)
  })
}

for (const aheadMs of [HOUR_MS, -HOUR_MS]) {
  it(`[EO2] clocks of hosts may differ by ${aheadMs} ms`, async () => {
    const t = await looker(ELSEWHERE, { aheadMs })
    await t.pass(30_000, true)
    expect(await t.isThere()).toBe(true)
    await t.pass(16_000, false)
    expect(await t.isThere()).toBe(false)
  })
}

it('[EO2] a store that tells the same renewal a little different each time tells no renewal by that', async () => {
  const t = await looker(ELSEWHERE, { jitter: 40 })
  await t.pass(16_000, false)
  expect(await t.isThere()).toBe(false)
})

it('[EO2] where the store has a clock, a looker that starts after the death needs no lease of its own', async () => {
  const t = await looker(ELSEWHERE, { storeHasClock: true, aheadMs: HOUR_MS })
  // Ten seconds after the last renewal somebody begins to look.
  await t.theirs.advance(10_000)
  await t.pass(2000, false)
  expect(await t.isThere()).toBe(true)
  await t.pass(3000, false)
  expect(await t.isThere()).toBe(false)
})

it('[EO2] where the clock of the store was set, whoever lives keeps its runs, also from a looker that has just started', async () => {
  const t = await looker(ELSEWHERE, { storeHasClock: true })
  t.theirs.setForward(HOUR_MS)
  await t.pass(1000, false)
  await t.pass(20_000, true)
  expect(await t.isThere()).toBe(true)
  t.theirs.setBack(3 * HOUR_MS)
  await t.pass(20_000, true)
  expect(await t.isThere()).toBe(true)
  // The clock says that it was renewed in the future: then the looker's own counts.
  t.theirs.setBack(3 * HOUR_MS)
  await t.pass(15_000, false)
  expect(await t.isThere()).toBe(false)
})
