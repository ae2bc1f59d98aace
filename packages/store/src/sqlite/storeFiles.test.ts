import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Bench } from '../conformance/Bench.ts'
import { started } from '../conformance/events.ts'
import { refusal } from '../conformance/suite.ts'
import { GroupCommit } from './GroupCommit.ts'
import { openDatabase } from './open.ts'
import { openSqliteStore } from './openSqliteStore.ts'
import { StoreFiles } from './StoreFiles.ts'

let folder = ''
let places = 0
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-files-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A store in a folder of its own, with a run, and everybody who is told of its end. */
async function opened(pollIntervalMs = 10) {
  const place = join(folder, String(places++))
  mkdirSync(place)
  const path = join(place, 'store.db')
  const bench = await Bench.open({
    name: path,
    open: (options) => openSqliteStore({ ...options, path, pollIntervalMs }),
  })
  const run = await bench.startRun()
  await bench.append(run, started('a', 1))
  const told: string[] = []
  bench.store.watch(
    () => undefined,
    ({ code }) => told.push(code),
  )
  return { bench, run, path, told }
}

/** What another program does to the files, between one write and the next. */
const DAMAGES: Readonly<Record<string, (path: string) => void>> = {
  'the file is removed': (path) => rmSync(path),
  'all files are removed': (path) => {
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix)
  },
  'the file is renamed': (path) => renameSync(path, `${path}.old`),
  'a copy is put in its place': (path) => {
    copyFileSync(path, `${path}.copy`)
    renameSync(`${path}.copy`, path)
  },
  'the file is emptied': (path) => truncateSync(path, 0),
  'the log is removed': (path) => rmSync(`${path}-wal`),
  'the index of the log is removed': (path) => rmSync(`${path}-shm`),
  'the log is emptied': (path) => truncateSync(`${path}-wal`, 0),
}

describe('files that change under a store', () => {
  for (const [what, damage] of Object.entries(DAMAGES)) {
    test(`[SQ20] ${what}: the next write is not answered as durable, and everybody hears why`, async () => {
      const { bench, run, path, told } = await opened()
      damage(path)
      const left = readdirSync(join(path, '..')).toSorted()
      // What is written before it is noticed lies in the log, where the next process finds it.
      if (what.includes('index')) await expect.poll(() => told).toEqual(['STORE_REPLACED'])
      await refusal(bench.append(run, started('b', 2)), 'STORE_REPLACED')
      await refusal(bench.store.getWorkflowRun(run.id), 'STORE_REPLACED')
      await refusal(bench.claim(), 'STORE_REPLACED')
      expect(told).toEqual(['STORE_REPLACED'])
      expect(() => bench.store.watch(() => undefined)).toThrow('changed under this process')
      await bench.store.close()
      expect(told).toEqual(['STORE_REPLACED'])
      expect(readdirSync(join(path, '..')).toSorted()).toEqual(left)
    })
  }

  test('[SQ20] a store that only waits notices too', async () => {
    const { bench, path } = await opened()
    const ended = Promise.withResolvers<string>()
    bench.store.watch(
      () => undefined,
      ({ code }) => ended.resolve(code),
    )
    rmSync(path)
    expect(await ended.promise).toBe('STORE_REPLACED')
    await bench.store.close()
  })

  test('[SQ20] what is committed while the file goes away is not answered as durable', async () => {
    const path = join(folder, 'between.db')
    const connection = await openDatabase({ path, busyTimeoutMs: 100 })
    const files = new StoreFiles({ path, what: 'The store', saveLog: () => false, onLost: () => {} })
    const changed: string[] = []
    const commit = new GroupCommit({
      connection,
      files,
      what: 'The store',
      limits: { warnAt: 10, stopAt: 20 },
      now: () => 0,
      maxBatch: 4,
      maxWaiting: 8,
      onCommit: () => changed.push('told'),
    })
    const writes = [commit.write(() => 1), commit.write(() => rmSync(path)), commit.write(() => 3)]
    for (const write of writes) await refusal(write, 'STORE_REPLACED')
    await refusal(
      commit.write(() => 4),
      'STORE_REPLACED',
    )
    expect(changed).toEqual([])
    connection.close()
  })

  test('[SQ20] a heartbeat neither goes on in the removed file nor makes another one', async () => {
    const { bench, path } = await opened()
    const heartbeat = await bench.store.startHeartbeat(bench.workerId, { intervalMs: 10 })
    const reader = new DatabaseSync(path)
    const renewedAt = (): unknown => reader.prepare('select renewed_at from workers').get()?.renewed_at
    const first = renewedAt()
    await expect.poll(renewedAt, { timeout: 20_000 }).not.toBe(first)
    rmSync(path)
    await expect.poll(() => heartbeat.sinceRenewedMs(), { timeout: 20_000 }).toBeGreaterThan(300)
    const last = renewedAt()
    const since = heartbeat.sinceRenewedMs()
    await expect.poll(() => heartbeat.sinceRenewedMs(), { timeout: 20_000 }).toBeGreaterThan(since + 100)
    expect(renewedAt()).toBe(last)
    expect(existsSync(path)).toBe(false)
    await heartbeat.stop()
    reader.close()
    await bench.store.close()
  })

  test('[SQ20] what was committed is saved into the database when its log is removed', async () => {
    const { bench, run, path } = await opened()
    rmSync(`${path}-wal`)
    await expect(bench.append(run, started('b', 2))).rejects.toThrow(
      'What was committed before is in the database',
    )
    await bench.store.close()
    rmSync(`${path}-shm`)
    const again = await openSqliteStore({ path })
    expect((await again.listWorkflowSteps(run.id)).map((step) => step.step_key)).toContain('a')
    await again.close()
  })

  test('[SQ20] a database that turns out to be damaged is lost, and not read again', async () => {
    const { bench, run, path } = await opened()
    await bench.store.close()
    const told: string[] = []
    const store = await openSqliteStore({ path, pollIntervalMs: 60_000 })
    store.watch(
      () => undefined,
      ({ code }) => told.push(code),
    )
    writeFileSync(path, Buffer.alloc(statSync(path).size, 'x'), { flag: 'r+' })
    // What opening read is in memory; this is not.
    await refusal(store.getWorkflowRun(run.id), 'STORE_NOT_A_DATABASE')
    expect(told).toEqual(['STORE_NOT_A_DATABASE'])
    await refusal(store.lastSequence(run.id), 'STORE_NOT_A_DATABASE')
    await refusal(store.createWorkflowRun(bench.newRun()), 'STORE_NOT_A_DATABASE')
    await store.close()
  })

  test('[SQ21] moving the log into the database and compacting it are no loss', async () => {
    const { bench, run, path, told } = await opened()
    const other = new DatabaseSync(path)
    const sizes = (): number[] => ['', '-wal'].map((suffix) => statSync(path + suffix).size)
    const [, log] = sizes()
    other.exec('pragma wal_checkpoint(truncate)')
    expect(sizes()[1]).toBeLessThan(log!)
    await bench.append(run, started('b', 2))
    other.exec(
      'create table t as select randomblob(500000) as a; drop table t; pragma wal_checkpoint(truncate)',
    )
    await bench.store.getWorkflowRun(run.id)
    const [size] = sizes()
    other.exec('vacuum; pragma wal_checkpoint(truncate)')
    expect(sizes()[0]).toBeLessThan(size!)
    await bench.append(run, started('c', 3))
    expect(told).toEqual([])
    other.close()
    await bench.store.close()
  })
})

describe('opening', () => {
  for (const how of ['missing', 'empty']) {
    test(`[SQ22] a log whose database is ${how} is not opened, and left as it is`, async () => {
      const { bench, path } = await opened()
      const log = readFileSync(`${path}-wal`)
      const there = join(folder, `${how}.db`)
      writeFileSync(`${there}-wal`, log)
      if (how === 'empty') writeFileSync(there, '')
      await refusal(openSqliteStore({ path: there }), 'STORE_REPLACED')
      expect(readFileSync(`${there}-wal`)).toEqual(log)
      expect(existsSync(there)).toBe(how === 'empty')
      await bench.store.close()
    })
  }
})
