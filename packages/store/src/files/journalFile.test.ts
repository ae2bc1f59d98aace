import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { NewJournalEvent } from '@holdfast/workflow-sdk/journal'
import type { Bench, OwnedRun } from '../conformance/Bench.ts'
import {
  answered,
  completed,
  received,
  requested,
  runCompleted,
  started,
  usage,
} from '../conformance/events.ts'
import { refusal } from '../conformance/suite.ts'
import type { IWorkflowStore } from '../contract/index.ts'
import { openSqliteStore } from '../sqlite/openSqliteStore.ts'
import { copyStore } from '../transfer/copyStore.ts'
import { encodeBatch, parseJournal } from './lines.ts'
import { openFileStore } from './openFileStore.ts'
import { fileBench, temporaryFolder } from './testing/lab.ts'

const journalOf = (folder: string, run: { readonly id: string }): string =>
  join(folder, run.id, 'events.jsonl')

/** A store with a run whose last append is long, has awkward text and three lines; closed, with its journal. */
async function closedRun() {
  const folder = temporaryFolder()
  const bench = await fileBench(folder)
  const run = await bench.startRun()
  await bench.append(run, started('a', 1))
  const before = statSync(journalOf(folder, run)).size
  await bench.append(run, completed('a', { json: 'ünï — 漢字 🎉 \u0000' }), started('b', 2), completed('b'))
  const row = join(folder, run.id, 'run.json')
  const asItWas = readFileSync(row)
  await bench.store.close()
  // A process that dies does not bring it up any more.
  const crash = (text: Uint8Array): void => {
    writeFileSync(row, asItWas)
    writeFileSync(journalOf(folder, run), text)
  }
  return { folder, run, before, crash, content: readFileSync(journalOf(folder, run)) }
}

async function eventsAfter(folder: string, run: OwnedRun): Promise<number> {
  const store = await openFileStore({ path: folder })
  const events = await store.listWorkflowEvents({ runId: run.id })
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, i) => i + 1))
  await store.close()
  return events.length
}

describe('the end of a journal', () => {
  test('[FS2] cut at any byte, an append counts as nothing and the next one follows the one before', async () => {
    const { folder, run, before, crash, content } = await closedRun()
    for (let size = before; size <= content.length; size++) {
      crash(content.subarray(0, size))
      expect([size, await eventsAfter(folder, run)]).toEqual([size, size === content.length ? 6 : 3])
    }
    for (const size of [before + 1, content.length - 1, content.length - 40]) {
      crash(content.subarray(0, size))
      const store = await openFileStore({ path: folder })
      const append = { runId: run.id, ownerToken: run.token, appendId: `${size}`, events: [completed('a')] }
      expect(await store.appendAsOwner(append)).toMatchObject({ first: 4, last: 4 })
      await store.close()
      expect(await eventsAfter(folder, run)).toBe(4)
    }
  })

  test('[FS2] zeros behind the last append, and in place of its beginning, are no part of it', async () => {
    const { folder, run, before, crash, content } = await closedRun()
    crash(Buffer.concat([content, Buffer.alloc(5000)]))
    expect(await eventsAfter(folder, run)).toBe(6)
    const holed = Buffer.from(content)
    holed.fill(0, before, before + 30)
    crash(holed)
    expect(await eventsAfter(folder, run)).toBe(3)
    crash(Buffer.concat([content, Buffer.alloc(100), content.subarray(before)]))
    expect(await eventsAfter(folder, run)).toBe(6)
  })

  test('[FS2] any appends, cut anywhere, leave a whole number of them', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 40 })
    const batches = fc.array(fc.array(text, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(batches, fc.nat(), fc.boolean(), (appends, cut, zeros) => {
        const ends: number[] = [0]
        let sequence = 0
        let whole = Buffer.alloc(0)
        for (const append of appends) {
          const lines = append.map((value) => {
            sequence++
            return { sequence, type: 'x', timestamp: '', schemaVersion: 1, payload: { value } }
          })
          whole = Buffer.concat([whole, Buffer.from(encodeBatch(lines, { revision: ends.length, set: {} }))])
          ends.push(whole.length)
        }
        const size = cut % (whole.length + 1)
        const content = zeros
          ? Buffer.concat([whole.subarray(0, size), Buffer.alloc(whole.length - size + 7)])
          : whole.subarray(0, size)
        const parsed = parseJournal(content, 'journal')
        expect(parsed.bytes).toBe(ends.findLast((end) => end <= size))
        expect(parsed.batches).toHaveLength(ends.filter((end) => end <= size).length - 1)
      }),
      { numRuns: 500 },
    )
  })
})

describe('damage', () => {
  test('[FS3] names file and line, and touches no other run', async () => {
    const folder = temporaryFolder()
    const bench = await fileBench(folder)
    const parent = await bench.startRun()
    const child = await bench.startRun({ parentRunId: parent.id, parentKey: 'kid' })
    const other = await bench.startRun()
    await bench.append(parent, started('a', 1), requested('q'))
    await bench.park(other, { wakeAt: bench.now })
    await bench.store.close()
    const file = journalOf(folder, parent)
    const lines = readFileSync(file, 'utf8').split('\n')
    writeFileSync(file, [lines[0], `${lines[1]?.slice(0, 20)}…`, ...lines.slice(2)].join('\n'))

    const again = await fileBench(folder)
    const error = await refusal(again.store.listWorkflowEvents({ runId: parent.id }), 'JOURNAL_CORRUPT')
    expect(error.details).toEqual({ file, line: 2 })
    expect(error.message).toContain(`Line 2 of ${file}`)
    await refusal(again.append(parent, completed('a')), 'JOURNAL_CORRUPT')
    await refusal(again.store.getWorkflowRun(parent.id), 'JOURNAL_CORRUPT')
    expect((await again.store.listWorkflowRuns()).total).toBe(3)
    expect(await again.store.listApprovals()).toEqual([])
    expect((await again.claim()).map(({ run }) => run.id)).toEqual([other.id])
    await again.append(child, runCompleted())
    expect((await again.store.getWorkflowRun(child.id)).status).toBe('completed')
  })

  test('[FS3] files of a run that cannot be read at all are its own trouble', async () => {
    const folder = temporaryFolder()
    const bench = await fileBench(folder)
    const [huge, blocked, other] = [await bench.startRun(), await bench.startRun(), await bench.startRun()]
    await bench.park(other, { wakeAt: bench.now })
    await bench.store.close()
    // Longer than what Node.js reads at once; there is nothing on the disk.
    truncateSync(journalOf(folder, huge), 3 * 1024 ** 3)
    for (const name of ['run.json', 'events.jsonl']) {
      rmSync(join(folder, blocked.id, name))
      mkdirSync(join(folder, blocked.id, name))
    }

    const again = await fileBench(folder)
    expect((await again.store.listWorkflowRuns()).total).toBe(2)
    for (const { id } of [huge, blocked]) {
      const error = await refusal(again.store.listWorkflowEvents({ runId: id }), 'JOURNAL_CORRUPT')
      expect(error.message).toContain(join(folder, id))
    }
    expect((await again.claim()).map(({ run }) => run.id)).toEqual([other.id])
    expect((await again.startRun()).token).not.toBe('')
  })

  test('[FS3] a journal that loses something below its holder is damage, which no later append hides', async () => {
    const folder = temporaryFolder()
    const bench = await fileBench(folder)
    const parent = await bench.startRun()
    const child = await bench.startRun({ parentRunId: parent.id, parentKey: 'kid' })
    const [removed, replaced, other] = [
      await bench.startRun(),
      await bench.startRun(),
      await bench.startRun(),
    ]
    for (const run of [parent, removed, replaced]) await bench.append(run, started('a', 1))
    await bench.park(other, { wakeAt: bench.now })
    const size = statSync(journalOf(folder, parent)).size - 20
    truncateSync(journalOf(folder, parent), size)
    rmSync(join(folder, removed.id), { recursive: true })
    const kept = readFileSync(journalOf(folder, replaced))
    rmSync(journalOf(folder, replaced))
    writeFileSync(journalOf(folder, replaced), kept)

    for (const run of [parent, removed, parent, removed]) {
      const error = await refusal(bench.append(run, completed('a')), 'JOURNAL_CORRUPT')
      expect(error.details).toMatchObject({ file: journalOf(folder, run) })
    }
    expect(statSync(journalOf(folder, parent)).size).toBe(size)
    expect(existsSync(journalOf(folder, removed))).toBe(false)
    // Restored by somebody meanwhile: the next append goes into the file that lies there now.
    await bench.append(replaced, completed('a'))
    expect(readFileSync(journalOf(folder, replaced)).length).toBeGreaterThan(kept.length)
    expect((await bench.claim()).map(({ run }) => run.id)).toEqual([other.id])
    await bench.append(child, runCompleted())
    expect((await bench.store.getWorkflowRun(child.id)).status).toBe('completed')
  })

  test('[FS3] a claim of several runs goes round one whose journal was taken away', async () => {
    const folder = temporaryFolder()
    const bench = await fileBench(folder)
    const runs = [await bench.startRun(), await bench.startRun(), await bench.startRun()]
    for (const run of runs) await bench.park(run, { wakeAt: bench.now })
    rmSync(journalOf(folder, runs[1]!))
    const claimed = await bench.claim()
    expect(new Set(claimed.map(({ run }) => run.id))).toEqual(new Set([runs[0]!.id, runs[2]!.id]))
    await bench.store.close()
    const again = await fileBench(folder)
    await refusal(again.store.listWorkflowEvents({ runId: runs[1]!.id }), 'JOURNAL_CORRUPT')
    expect(await again.store.listWorkflowEvents({ runId: runs[0]!.id })).not.toEqual([])
  })

  test('[ST81] a run of which nothing can be read is not left out of a copy', async () => {
    const { folder, run } = await closedRun()
    rmSync(join(folder, run.id, 'run.json'))
    writeFileSync(journalOf(folder, run), 'nonsense\n')
    const source = await fileBench(folder)
    const target = openSqliteStore({ path: ':memory:' })
    onTestFinished(async () => await (await target).close())
    const copy = copyStore(source.store, await target, { isAlive: () => false })
    expect((await refusal(copy, 'JOURNAL_CORRUPT')).message).toContain(run.id)
  })

  test('[FS3] a journal that is shorter than it was, has a gap or lost both files is damaged', async () => {
    const { folder, run, before, content } = await closedRun()
    const file = journalOf(folder, run)
    const lines = content.toString('utf8').split('\n')
    const open = async (): Promise<void> => {
      const store = await openFileStore({ path: folder })
      const error = await refusal(store.listWorkflowEvents({ runId: run.id }), 'JOURNAL_CORRUPT')
      expect(error.message).toContain(file)
      await store.close()
    }
    // What run.json tells of is on the disk for good.
    truncateSync(file, 10)
    await open()
    writeFileSync(file, lines.filter((_, i) => i !== 1).join('\n'))
    await open()
    writeFileSync(file, `[]\n${content.toString('utf8')}`)
    rmSync(join(folder, run.id, 'run.json'))
    await open()
    expect(before).toBeGreaterThan(10)
  })
})

/** Everything that a store tells of a run. */
async function everything(store: IWorkflowStore, runId: string): Promise<object> {
  return {
    run: await store.getWorkflowRun(runId),
    events: await store.listWorkflowEvents({ runId }),
    steps: await store.listWorkflowSteps(runId),
    attempts: await store.listExecutionLogs({ runId }),
    usage: await store.listLlmUsage({ runId }),
    approvals: await store.listApprovals({ runId }),
    comments: await store.listComments(runId),
    messages: await store.listMessages({ runId }),
    nodes: [...(await store.getCompletedDagNodeOutputs(runId))],
    due: await store.nextDueAt('nobody'),
  }
}

async function live(bench: Bench): Promise<OwnedRun> {
  const run = await bench.startRun({ id: 'r-1', state: { n: 1 }, tags: { t: 'x' } })
  const events: NewJournalEvent[] = [
    started('a', 1, { input: { x: 1 } }),
    { type: 'usage.recorded', payload: usage({ stepKey: 'a', costUsd: 0.25 }) },
    completed('a', { json: { ok: 1 } }, { rawOutput: 'raw', state: [{ name: 'n', value: 2 }] }),
    started('b/ü', 2),
    requested('q', { stepKey: 'b/ü' }),
    { type: 'comment.added', payload: { key: 'c', stepKey: 'a', message: 'hm', metadata: null } },
  ]
  await bench.append(run, ...events)
  await bench.append(run, completed('b/ü'))
  await bench.park(run, { wakeAt: '2026-02-01T00:00:00.000Z' })
  await bench.store.appendFromOutside(run.id, received('e'))
  return run
}

describe('views', () => {
  test('[FS10] rows are the same as on SQLite, and after files were lost, broken or left behind', async () => {
    const folder = temporaryFolder()
    const bench = await fileBench(folder)
    const run = await live(bench)
    const said = await everything(bench.store, run.id)
    const { Bench: OnSqlite } = await import('../conformance/Bench.ts')
    const sqlite = await OnSqlite.open({
      name: 'sqlite',
      open: (options) => openSqliteStore({ ...options, path: ':memory:' }),
    })
    await live(sqlite)
    const ids = new Map([
      [sqlite.projectId, bench.projectId],
      [sqlite.workflowId, bench.workflowId],
    ])
    const same = JSON.parse(
      JSON.stringify(await everything(sqlite.store, run.id)).replaceAll(
        /[0-9a-f-]{36}/g,
        (id) => ids.get(id) ?? id,
      ),
    ) as object
    expect(said).toEqual(same)
    await sqlite.store.close()
    await bench.store.close()

    const own = join(folder, run.id)
    const file = readFileSync(join(own, 'run.json'), 'utf8')
    const node = readFileSync(join(own, 'nodes', 'a.json'), 'utf8')
    expect(JSON.parse(node)).toMatchObject({ nodeId: 'a', output: { ok: 1 }, costUsd: 0.25 })
    const stale = { ...(JSON.parse(file) as object), appliedSequence: 2, appliedBytes: 0, revision: 1 }
    for (const text of [null, '{"broken', JSON.stringify(stale), file]) {
      if (text === null) rmSync(join(own, 'run.json'))
      else writeFileSync(join(own, 'run.json'), text)
      if (text !== file) rmSync(join(own, 'nodes'), { recursive: true })
      const again = await openFileStore({ path: folder })
      expect(await everything(again, run.id)).toEqual(said)
      expect((await again.listWorkflowRuns()).items).toMatchObject([{ status: 'waiting', id: run.id }])
      // Whoever holds the store next writes them again.
      await again.ensureProject({ name: `after ${text?.length}`, path: '/other' })
      expect(readFileSync(join(own, 'run.json'), 'utf8')).toBe(file)
      expect(readFileSync(join(own, 'nodes', 'a.json'), 'utf8')).toBe(node)
      await again.close()
    }
  })

  test('[FS10] a change without an event is kept, and the journal takes it over', async () => {
    const folder = temporaryFolder()
    const bench = await fileBench(folder)
    const run = await bench.startRun()
    const token = (await bench.store.fenceRun(run.id, run.token)) ?? ''
    await bench.store.close()
    const second = await fileBench(folder)
    await refusal(second.append(run, started('a', 1)), 'OWNERSHIP_LOST')
    await second.append({ ...run, token }, started('a', 1))
    await second.store.close()
    rmSync(join(folder, run.id, 'run.json'))
    const third = await fileBench(folder)
    await third.append({ ...run, token }, completed('a'))
    await third.store.handBackRun({ runId: run.id, ownerToken: token, activeMs: 77 })
    await third.store.close()
    appendFileSync(journalOf(folder, run), '{"cut')
    const fourth = await fileBench(folder)
    expect(await fourth.claim()).toMatchObject([{ cause: 'handover', run: { active_ms: 77 } }])
    // The same within one process.
    const other = await fourth.startRun()
    const fresh = (await fourth.store.fenceRun(other.id, other.token)) ?? ''
    await fourth.append({ ...other, token: fresh }, started('a', 1))
    await fourth.store.close()
    rmSync(join(folder, other.id, 'run.json'))
    const fifth = await fileBench(folder)
    await refusal(fifth.append(other, completed('a')), 'OWNERSHIP_LOST')
    await fifth.append({ ...other, token: fresh }, completed('a'))
  })

  test('[FS11] what could not be written is nowhere to be seen', async () => {
    const folder = temporaryFolder()
    let room = true
    const beforeWrite = (what: string): void => {
      if (!room && !what.startsWith('view'))
        throw Object.assign(new Error('no room'), { code: 'ENOSPC', syscall: 'write' })
    }
    const bench = await fileBench(folder, { beforeWrite })
    const run = await bench.startRun()
    await bench.append(run, started('a', 1), requested('q'))
    const before = await everything(bench.store, run.id)
    room = false
    await refusal(bench.append(run, completed('a')), 'STORE_FULL')
    await refusal(bench.store.appendFromOutside(run.id, answered('q')), 'STORE_FULL')
    await refusal(bench.append(run, runCompleted()), 'STORE_FULL')
    expect(await bench.store.fenceRun(run.id, run.token).catch((error: { code: string }) => error.code)).toBe(
      'STORE_FULL',
    )
    expect(await everything(bench.store, run.id)).toEqual(before)
    room = true
    await bench.store.appendFromOutside(run.id, answered('q'))
    await bench.append(run, completed('a'))
    expect(await bench.store.listExecutionLogs({ runId: run.id })).toMatchObject({ total: 1 })
  })
})
