import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Bench } from '../conformance/Bench.ts'
import { completed, runCompleted, started } from '../conformance/events.ts'
import { refusal } from '../conformance/suite.ts'
import type { IWorkflowStore } from '../contract/index.ts'
import { openSqliteStore } from '../sqlite/openSqliteStore.ts'
import { copyStore } from './copyStore.ts'
import { Digest } from './Digest.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-copy-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const nobodyLives = { isAlive: () => false }
const file = (name: string): string => join(folder, name)
const open = (name: string): Promise<IWorkflowStore> => openSqliteStore({ path: file(name) })

/** A store in a file with some runs. */
async function source(name: string, runs = 3): Promise<Bench> {
  const bench = await Bench.open({
    name,
    open: (options) => openSqliteStore({ ...options, path: file(name) }),
  })
  for (let i = 0; i < runs; i++) {
    const run = await bench.startRun()
    await bench.append(run, started('a', 1), completed('a'), runCompleted())
  }
  return bench
}

async function digest(store: IWorkflowStore) {
  const all = new Digest()
  for await (const record of store.exportRecords()) all.add(record)
  return all.summary()
}

describe('copying a store', () => {
  test('[ST83] answers what it copied, and tells each record', async () => {
    const { store } = await source('told.db')
    const target = await open('told-copy.db')
    const tables: string[] = []
    const summary = await copyStore(store, target, {
      ...nobodyLives,
      onRecord: ({ table }) => tables.push(table),
    })
    expect(summary.workflow_runs?.count).toBe(3)
    expect(summary).toEqual(await digest(store))
    expect(await digest(target)).toEqual(summary)
    expect(tables.filter((table) => table === 'workflow_runs')).toHaveLength(3)
    await Promise.all([store.close(), target.close()])
  })

  test('[ST83] a source on which a worker lives is refused', async () => {
    const { store, workerId } = await source('lives.db')
    const target = await open('lives-copy.db')
    const error = await refusal(copyStore(store, target, { isAlive: () => true }), 'STORE_IN_USE')
    expect(error.message).toContain(workerId)
    expect(await digest(target)).toEqual({})
    await Promise.all([store.close(), target.close()])
  })

  test('[ST83] a worker that comes while the source is read makes the copy void', async () => {
    const { store } = await source('comes.db')
    const target = await open('comes-copy.db')
    let isAlive = false
    const copying = copyStore(store, target, {
      isAlive: () => isAlive,
      onRecord: () => {
        isAlive = true
      },
    })
    await refusal(copying, 'STORE_IN_USE')
    expect(await digest(target)).toEqual({})
    await Promise.all([store.close(), target.close()])
  })

  test('[ST83] a source that is written to meanwhile makes the copy void', async () => {
    const bench = await source('written.db')
    const target = await open('written-copy.db')
    let written: Promise<unknown> | null = null
    const slow: IWorkflowStore = {
      ...bench.store,
      exportRecords: async function* () {
        for await (const record of bench.store.exportRecords()) {
          written ??= bench.store.createWorkflowRun(bench.newRun())
          await written
          yield record
        }
      },
    }
    await refusal(copyStore(slow, target, nobodyLives), 'STORE_IN_USE')
    expect(await digest(target)).toEqual({})
    await Promise.all([bench.store.close(), target.close()])
  })

  test('[ST83] a copy whose process is killed in the middle leaves an empty store that takes the next', async () => {
    const { store } = await source('killed.db', 20)
    const whole = await digest(store)
    const url = (module: string): string => JSON.stringify(new URL(module, import.meta.url).href)
    const text = `const { openSqliteStore } = await import(${url('../sqlite/openSqliteStore.ts')})
      const from = await openSqliteStore({ path: ${JSON.stringify(file('killed.db'))} })
      const to = await openSqliteStore({ path: ${JSON.stringify(file('killed-copy.db'))} })
      await to.importRecords((async function* () {
        let runs = 0
        for await (const record of from.exportRecords()) {
          yield record
          if (record.table === 'workflow_runs' && ++runs === 10) {
            console.log('half')
            await new Promise(() => setInterval(() => {}, 1000))
          }
        }
      })())`
    const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '--eval', text], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'close')
    const target = await open('killed-copy.db')
    expect(await digest(target)).toEqual({})
    expect(await copyStore(store, target, nobodyLives)).toEqual(whole)
    await Promise.all([store.close(), target.close()])
  })

  test('[ST83] many rows and long journals are read in parts', async () => {
    const bench = await source('long.db', 0)
    const run = await bench.startRun()
    for (let i = 0; i < 600; i++) await bench.append(run, started(`s${i}`, i + 1), completed(`s${i}`))
    for (let i = 0; i < 501; i++)
      await bench.store.ensureSession({
        projectId: bench.projectId,
        name: `chat ${i}`,
        agentName: null,
      })
    const target = await open('long-copy.db')
    const summary = await copyStore(bench.store, target, nobodyLives)
    expect([summary.workflow_events?.count, summary.sessions?.count]).toEqual([1202, 501])
    expect(await target.listWorkflowSteps(run.id)).toEqual(await bench.store.listWorkflowSteps(run.id))
    await Promise.all([bench.store.close(), target.close()])
  })
})
