import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NewJournalEvent } from '@holdfast/workflow-sdk/journal'
import { appendAsOwner } from '../append/appendAsOwner.ts'
import type { IWorkflowStore } from '../contract/index.ts'
import { Bench } from '../conformance/Bench.ts'
import { completed, received, started } from '../conformance/events.ts'
import { refusal } from '../conformance/suite.ts'
import { prepareEvents } from '../payload/prepare.ts'
import type { Connection } from './Connection.ts'
import { StoreFiles } from './StoreFiles.ts'
import { GroupCommit } from './GroupCommit.ts'
import { openDatabase } from './open.ts'
import { openSqliteStore, type SqliteStoreOptions } from './openSqliteStore.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-commit-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function benchAt(path: string, more: Partial<SqliteStoreOptions> = {}): Promise<Bench> {
  return await Bench.open({ name: path, open: (options) => openSqliteStore({ ...options, ...more, path }) })
}

async function withCommit(
  body: (commit: GroupCommit, connection: Connection) => Promise<void>,
  path = ':memory:',
): Promise<void> {
  const connection = await openDatabase({ path, busyTimeoutMs: 100 })
  const commit = new GroupCommit({
    connection,
    files: new StoreFiles({ path: null, what: 'The store', saveLog: () => false, onLost: () => {} }),
    what: 'The store',
    limits: { warnAt: 10, stopAt: 20 },
    now: () => 0,
    maxBatch: 4,
    maxWaiting: 8,
    onCommit: () => undefined,
  })
  await body(commit, connection)
  await commit.close()
  connection.close()
}

const ADD = 'insert into blobs (hash, bytes, size_bytes) values (?, ?, 1)'

describe('group commit', () => {
  test('[ST18] beyond the bound writes wait in order and none is lost', async () => {
    await withCommit(async (commit, connection) => {
      const order: number[] = []
      const writes = Array.from({ length: 50 }, (_, i) =>
        commit.write((tx) => {
          tx.connection.run(ADD, String(i), new Uint8Array([i]))
          order.push(i)
          return i
        }),
      )
      expect(commit.waiting).toBe(8)
      expect(await Promise.all(writes)).toEqual(Array.from({ length: 50 }, (_, i) => i))
      expect(order).toEqual(Array.from({ length: 50 }, (_, i) => i))
      expect(connection.get('select count(*) as n from blobs')).toEqual({ n: 50 })
    })
  })

  test('[SQ10] a write that breaks the batch is found and fails alone', async () => {
    await withCommit(async (commit, connection) => {
      const add = (hash: string) => commit.write((tx) => tx.connection.run(ADD, hash, new Uint8Array([1])))
      const bug = commit.write(() => {
        throw new TypeError('a bug')
      })
      const settled = await Promise.allSettled([add('a'), add('b'), add('a'), bug, add('c')])
      expect(
        settled.map((one) => (one.status === 'fulfilled' ? one.value : (one.reason as Error).name)),
      ).toEqual([1, 1, 'WorkflowError', 'TypeError', 1])
      expect(connection.all('select hash from blobs order by hash')).toEqual([
        { hash: 'a' },
        { hash: 'b' },
        { hash: 'c' },
      ])
    })
  })

  test('[SQ10] runs of a batch that was undone are read anew', async () => {
    const bench = await benchAt(':memory:')
    const run = await bench.startRun()
    const other = bench.newRun({ projectId: 'no such project' })
    const [appended, created] = await Promise.allSettled([
      bench.append(run, started('a', 1), completed('a')),
      bench.store.createWorkflowRun(other),
    ])
    expect(appended).toMatchObject({ status: 'fulfilled', value: { first: 3, last: 4 } })
    expect(created).toMatchObject({ status: 'rejected', reason: { code: 'RECORD_CONFLICT' } })
    expect(await bench.append(run, started('b', 2))).toMatchObject({ first: 5 })
    expect(await bench.store.listWorkflowSteps(run.id)).toHaveLength(2)
    await bench.store.close()
  })

  test('[SQ10] what was folded in a batch that was undone is forgotten, whatever others wrote since', async () => {
    const path = join(folder, 'undone.db')
    const bench = await benchAt(path)
    const run = await bench.startRun()
    const write = async (
      commit: GroupCommit,
      events: readonly NewJournalEvent[],
      fails = false,
    ): Promise<unknown> => {
      const append = { runId: run.id, ownerToken: run.token, appendId: null, events }
      return await commit.write((tx) => {
        const receipt = appendAsOwner(tx, append, prepareEvents(run.id, events))
        if (fails) throw new TypeError('a bug')
        return receipt
      })
    }
    await withCommit(async (commit) => {
      await write(commit, [started('a', 1), completed('a')])
      await expect(write(commit, [started('b', 2), completed('b')], true)).rejects.toThrow('a bug')
      await bench.append(run, started('b', 2))
      await bench.store.appendFromOutside(run.id, received('e'))
      expect(await write(commit, [completed('b', { json: 'real' })])).toMatchObject({ first: 7 })
    }, path)
    const steps = await bench.store.listWorkflowSteps(run.id)
    expect(steps.map(({ output }) => output)).toEqual([{ ok: true }, 'real'])
    await bench.store.close()
  })

  test('[ST2] a run that another connection fenced in the meantime is lost, cached or not', async () => {
    const path = join(folder, 'fenced.db')
    const bench = await benchAt(path)
    const run = await bench.startRun()
    await bench.append(run, started('a', 1))
    const other = await openSqliteStore({ path })
    const token = await other.fenceRun(run.id, run.token)
    await refusal(bench.append(run, completed('a')), 'OWNERSHIP_LOST')
    await other.appendFromOutside(run.id, received('e'))
    await bench.append({ id: run.id, token: token ?? '' }, completed('a'))
    expect(await bench.types(run.id)).toEqual([
      'run.created',
      'run.started',
      'step.started',
      'event.received',
      'step.completed',
    ])
    await other.close()
    await bench.store.close()
  })

  test('[SQ5] a batch that finds no room fails as a whole, and writing goes on when there is room', async () => {
    await withCommit(async (commit, connection) => {
      const add = (hash: string, size: number) =>
        commit.write((tx) => tx.connection.run(ADD, hash, new Uint8Array(size)))
      const { page_count: pages } = connection.get<{ page_count: number }>('pragma page_count') ?? {
        page_count: 0,
      }
      connection.exec(`pragma max_page_count = ${pages + 5}`)
      const failed = await Promise.allSettled([add('small', 1), add('large', 1_000_000)])
      expect(failed).toMatchObject([{ reason: { code: 'STORE_FULL' } }, { reason: { code: 'STORE_FULL' } }])
      expect(connection.all('select hash from blobs')).toEqual([])
      connection.exec(`pragma max_page_count = ${pages + 1000}`)
      expect(await Promise.all([add('small', 1), add('large', 1_000_000)])).toEqual([1, 1])
    })
  })

  // Mounting a small file system takes rights that not everybody has; the test before shows the same everywhere.
  test.skipIf(!mayMount())('[SQ5] a disk that is really full loses nothing that was answered', async () => {
    const disk = smallDisk()
    try {
      const bench = await benchAt(join(disk.path, 's.db'))
      const run = await bench.startRun()
      await fillUntilFull(bench.store)
      const failed = await Promise.allSettled([
        bench.append(run, started('a', 1, { input: 'x'.repeat(200_000) })),
        bench.store.createWorkflowRun(bench.newRun({ taskInput: 'y'.repeat(200_000) })),
      ])
      expect(failed).toMatchObject([{ reason: { code: 'STORE_FULL' } }, { reason: { code: 'STORE_FULL' } }])
      expect((failed[0] as PromiseRejectedResult).reason).toMatchObject({ retryable: true })
      expect(await bench.types(run.id)).toEqual(['run.created', 'run.started'])
      expect((await bench.store.listWorkflowRuns()).total).toBe(1)
      disk.makeRoom()
      expect(await bench.append(run, started('a', 1, { input: 'x'.repeat(200_000) }))).toMatchObject({
        first: 3,
      })
      await bench.store.close()
    } finally {
      disk.remove()
    }
  })

  test('[SQ5] a locked database is unavailable for the moment only', async () => {
    const path = join(folder, 'busy.db')
    const bench = await benchAt(path, { busyTimeoutMs: 20 })
    const run = await bench.startRun()
    const other = new DatabaseSync(path)
    other.exec('begin immediate')
    const error = await refusal(bench.append(run, started('a', 1)), 'STORE_UNAVAILABLE')
    expect(error.retryable).toBe(true)
    other.exec('rollback')
    other.close()
    expect(await bench.append(run, started('a', 1))).toMatchObject({ first: 3 })
    await bench.store.close()
  })
})

async function fillUntilFull(store: IWorkflowStore): Promise<void> {
  for (let i = 0; ; i++) {
    try {
      await store.putBlob(Buffer.alloc(100_000, String(i)))
    } catch (error) {
      expect(error).toMatchObject({ code: 'STORE_FULL' })
      return
    }
  }
}

const MOUNT = 'mount'
const UNMOUNT = 'umount'

/** A file system of four megabytes in memory, with something on it that can be removed. */
function smallDisk(): { path: string; makeRoom: () => void; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-disk-'))
  execFileSync(MOUNT, ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', path], { stdio: 'ignore' })
  writeFileSync(join(path, 'ballast'), Buffer.alloc(1_500_000))
  return {
    path,
    makeRoom: () => rmSync(join(path, 'ballast')),
    remove: () => {
      execFileSync(UNMOUNT, [path])
      rmSync(path, { recursive: true })
    },
  }
}

function mayMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  try {
    smallDisk().remove()
    return true
  } catch {
    return false
  }
}
