import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshDatabase, urlOf } from '../../test/postgres/databases.ts'
import { Proxy } from '../../test/postgres/Proxy.ts'
import { Server } from '../testing/postgres/Server.ts'
import { Bench, type OwnedRun } from '../conformance/Bench.ts'
import { completed, received, started } from '../conformance/events.ts'
import { refusal } from '../conformance/suite.ts'
import { openPostgresStore } from './openPostgresStore.ts'

const module = (path: string): string => new URL(path, import.meta.url).href

let server: Server
beforeAll(async () => {
  server = await Server.create()
})
afterAll(async () => await server.remove())

let schemas = 0
const ownSchema = (): string => `${server.url()}?schema=crash_${schemas++}`

async function benchAt(url: string, more: object = {}): Promise<Bench> {
  return await Bench.open({
    name: 'PostgreSQL',
    open: (options) => openPostgresStore({ ...options, url, ...more }),
  })
}

/** Starts and completes a step `count` times, one after the other; each write is answered before the next. */
async function work(bench: Bench, run: OwnedRun, count: number, from = 1): Promise<void> {
  for (let i = from; i < from + count; i++) await bench.append(run, started(`s${i}`, i), completed(`s${i}`))
}

/** Expects a journal without gaps or doubles: every step once. */
async function expectWhole(bench: Bench, run: OwnedRun, steps: number): Promise<void> {
  const events = await bench.store.listWorkflowEvents({ runId: run.id })
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, i) => i + 1))
  expect(events.filter(({ type }) => type === 'step.completed')).toHaveLength(steps)
  expect(await bench.store.listWorkflowSteps(run.id)).toHaveLength(steps)
}

describe('durability', () => {
  test('[PG6] what was answered is there after kill -9 of the process', async () => {
    const url = ownSchema()
    const text = `import { Bench } from '${module('../conformance/Bench.ts')}'
      import { started, completed } from '${module('../conformance/events.ts')}'
      import { openPostgresStore } from '${module('./openPostgresStore.ts')}'
      const bench = await Bench.open({ name: '', open: (options) => openPostgresStore({ ...options, url: '${url}' }) })
      const run = await bench.startRun({ id: 'run' })
      for (let i = 1; ; i++) {
        const { last } = await bench.append(run, started('s' + i, i), completed('s' + i))
        console.log(last)
      }`
    const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '--eval', text], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let answered = 0
    for await (const chunk of child.stdout) {
      answered = Math.max(
        answered,
        ...String(chunk)
          .trim()
          .split('\n')
          .map(Number)
          .filter((n) => n > 0),
      )
      if (answered > 60) child.kill('SIGKILL')
    }
    const store = await openPostgresStore({ url })
    const events = await store.listWorkflowEvents({ runId: 'run' })
    expect(answered).toBeGreaterThan(60)
    expect(events.length).toBeGreaterThanOrEqual(answered)
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, i) => i + 1))
    expect(await store.listWorkflowSteps('run')).toHaveLength((events.length - 2) / 2)
    await store.close()
  })

  test('[PG6, PG7] a server that crashes and one that stops, in the middle of writes, lose and double nothing', async () => {
    const bench = await benchAt(ownSchema(), { retryForMs: 60_000 })
    const runs = await Promise.all(Array.from({ length: 8 }, () => bench.startRun()))
    const writing = runs.map((run) => work(bench, run, 60))
    const reading = (async () => {
      for (let i = 0; i < 30; i++) await bench.store.listWorkflowRuns()
    })()
    for (const how of ['immediate', 'fast'] as const) {
      const before = await sum(bench, runs)
      await expect.poll(() => sum(bench, runs), { timeout: 30_000 }).toBeGreaterThan(before + 20)
      await server.stop(how)
      await server.start()
    }
    await Promise.all([...writing, reading])
    for (const run of runs) await expectWhole(bench, run, 60)
    await bench.store.close()
  })

  test('[PG7] while the server is away reads and writes are unavailable, and go on when it is back', async () => {
    const bench = await benchAt(ownSchema(), { retryForMs: 200 })
    const run = await bench.startRun()
    const heartbeat = await bench.store.startHeartbeat(bench.workerId, { intervalMs: 20 })
    await server.stop()
    const failed = await refusal(bench.append(run, started('a', 1)), 'STORE_UNAVAILABLE')
    expect(failed.retryable).toBe(true)
    await refusal(bench.store.getWorkflowRun(run.id), 'STORE_UNAVAILABLE')
    await refusal(bench.store.ensureProject({ name: 'x', path: '/x' }), 'STORE_UNAVAILABLE')
    const late = heartbeat.sinceRenewedMs()
    await server.start()
    await expect.poll(() => heartbeat.sinceRenewedMs(), { timeout: 30_000 }).toBeLessThan(late)
    expect(await bench.append(run, started('a', 1))).toMatchObject({ first: 3 })
    await heartbeat.stop()
    await bench.store.close()
  })
})

async function sum(bench: Bench, runs: readonly OwnedRun[]): Promise<number> {
  const sequences = await Promise.all(runs.map(({ id }) => bench.store.lastSequence(id)))
  return sequences.reduce((a, b) => a + b, 0)
}

describe('a connection that is lost while it commits', () => {
  test('[PG8] is answered with what went in, and tried again when nothing did', async () => {
    const proxy = await Proxy.before(urlOf(await freshDatabase()))
    const bench = await benchAt(proxy.url)
    const run = await bench.startRun()
    for (const [i, loss] of (['answer', 'request', 'answer', 'request'] as const).entries()) {
      const lost = proxy.lose(loss)
      const key = `s${i}`
      const [receipt] = await Promise.all([bench.append(run, started(key, i + 1), completed(key)), lost])
      expect(receipt).toMatchObject({ first: 3 + 2 * i, last: 4 + 2 * i })
    }
    for (const loss of ['answer', 'request'] as const) {
      const lost = proxy.lose(loss)
      const [born] = await Promise.all([bench.startRun(), lost])
      expect(await bench.append(born, started('a', 1))).toMatchObject({ first: 3 })
    }
    const lost = proxy.lose('answer')
    const [project] = await Promise.all([bench.store.ensureProject({ name: 'x', path: '/x' }), lost])
    expect(await bench.store.getProject(project.id)).toEqual(project)
    await expectWhole(bench, run, 4)
    await bench.store.close()
    await proxy.close()
  })

  test('[PG8] a write whose outcome stays open is answered by its id when it is sent again', async () => {
    const proxy = await Proxy.before(urlOf(await freshDatabase()))
    const bench = await benchAt(proxy.url, { retryForMs: 0 })
    const run = await bench.startRun()
    const append = { runId: run.id, ownerToken: run.token, appendId: 'one', events: [started('a', 1)] }
    const lost = proxy.lose('answer')
    const failed = await refusal(bench.store.appendAsOwner(append), 'STORE_UNAVAILABLE')
    await lost
    expect(failed.message).toContain('same id')
    expect(await bench.store.appendAsOwner(append)).toMatchObject({ first: 3, last: 3 })
    await bench.store.appendFromOutside(run.id, received('e'))
    expect(await bench.store.lastSequence(run.id)).toBe(4)
    await bench.store.close()
    await proxy.close()
  })
})

describe('two processes', () => {
  test('[PG9] claim disjoint runs, and one of two owners is refused', async () => {
    const url = urlOf(await freshDatabase())
    const bench = await benchAt(url)
    for (let i = 0; i < 40; i++) await bench.store.createWorkflowRun(bench.newRun())
    const text = `import { openPostgresStore } from '${module('./openPostgresStore.ts')}'
      const store = await openPostgresStore({ url: '${url}', now: () => ${bench.clock.ms} })
      const mine = []
      for (;;) {
        const claims = await store.claimDueRuns({ workerId: '${bench.workerId}', limit: 1, now: '${bench.now}' })
        if (claims.length === 0) break
        mine.push(claims[0].run.id)
      }
      console.log(JSON.stringify(mine))
      await store.close()`
    const claims = async (): Promise<string[]> => {
      const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '--eval', text], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let said = ''
      child.stdout.on('data', (chunk) => (said += String(chunk)))
      await once(child, 'close')
      return JSON.parse(said) as string[]
    }
    const all = (await Promise.all([claims(), claims()])).flat()
    expect(all).toHaveLength(40)
    expect(new Set(all).size).toBe(40)
    await bench.store.close()
  })
})
