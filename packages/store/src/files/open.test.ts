import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Bench } from '../conformance/Bench.ts'
import { completed, received, requested, runCompleted, started } from '../conformance/events.ts'
import { refusal } from '../conformance/suite.ts'
import { openStore } from '../openStore.ts'
import { Layout } from './layout.ts'
import { openFileStore } from './openFileStore.ts'
import { Runs } from './Runs.ts'
import { fileBench, scriptHead, startScript, temporaryFolder } from './testing/lab.ts'

describe('opening', () => {
  test('[FS12] an empty folder, a missing one and one with logs of runs become a store', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'logs-only', 'run-1', 'logs'), { recursive: true })
    mkdirSync(join(folder, 'empty'))
    for (const name of ['empty', 'missing', 'logs-only', 'empty']) {
      const store = await openStore(`file:${join(folder, name)}`)
      expect(store.description).toBe(`file:${join(folder, name)}`)
      expect((await store.listWorkflowRuns()).total).toBe(0)
      await store.close()
    }
    const mark = readFileSync(join(folder, 'empty', '.holdfast', 'store.json'), 'utf8')
    expect(JSON.parse(mark)).toEqual({ format: 'holdfast-files', version: 1 })
  })

  test('[FS12] a file, a folder of somebody else, a newer layout and a network file system are refused', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'store')
    writeFileSync(path, 'a letter')
    await refusal(openFileStore({ path }), 'STORE_NOT_A_DATABASE')
    expect(readFileSync(path, 'utf8')).toBe('a letter')
    const foreign = await refusal(openFileStore({ path: folder }), 'STORE_NOT_A_DATABASE')
    expect(foreign.message).toContain('it holds store')
    mkdirSync(join(folder, 'foreign', 'src', 'deep'), { recursive: true })
    await refusal(openFileStore({ path: join(folder, 'foreign') }), 'STORE_NOT_A_DATABASE')
    expect(readdirSync(join(folder, 'foreign'))).toEqual(['src'])
    const missing = await refusal(openFileStore({ path: join(folder, 'no', 'such') }), 'STORE_UNAVAILABLE')
    expect(missing.message).toContain(join(folder, 'no'))

    const newer = join(folder, 'newer')
    await (await openFileStore({ path: newer })).close()
    const mark = join(newer, '.holdfast', 'store.json')
    writeFileSync(mark, JSON.stringify({ format: 'holdfast-files', version: 2 }))
    const error = await refusal(openFileStore({ path: newer }), 'STORE_NEWER')
    expect(error.details).toEqual({ version: 2, known: 1 })
    writeFileSync(mark, '{"format":')
    await refusal(openFileStore({ path: newer }), 'STORE_NOT_A_DATABASE')

    const fileSystemType = () => 0x6969
    await refusal(openFileStore({ path: join(folder, 'remote'), fileSystemType }), 'STORE_ON_NETWORK_FS')
    expect(existsSync(join(folder, 'remote', '.holdfast'))).toBe(false)
  })

  test('[FS13] a folder that cannot be written can be read', async () => {
    const folder = temporaryFolder()
    const bench = await fileBench(join(folder, 'store'))
    const run = await bench.startRun()
    await bench.append(run, started('a', 1))
    await bench.store.close()
    chmodSync(folder, 0o755)
    mkdirSync(join(folder, 'bare'))
    chmodSync(join(folder, 'bare'), 0o555)
    execFileSync('chmod', ['-R', 'a-w,a+rX', join(folder, 'store')])
    onTestFinished(() => void execFileSync('chmod', ['-R', 'u+w', folder]))
    // Root may write everything: there the process becomes somebody else before it opens the folder.
    const script = startScript(`${scriptHead(join(folder, 'store'))}
      if (process.getuid() === 0) process.setuid(65534)
      const store = await open()
      const code = (promise) => promise.then(() => 'ok', (error) => error.code)
      console.log((await store.listWorkflowSteps('${run.id}')).length, (await store.listWorkflowRuns()).total)
      console.log(await code(store.ensureProject({ name: 'shop', path: '/projects/shop' })))
      console.log(await code(store.appendFromOutside('${run.id}', received('e'))))
      console.log(await code(store.putBlob(Buffer.from('x'))))
      console.log(await code(store.registerWorker({ id: 'w' })))
      console.log(await code(openFileStore({ path: ${JSON.stringify(join(folder, 'bare'))} })))
      process.exit(0)`)
    const [read, same, ...rest] = await script.rest()
    expect([read, same]).toEqual(['1 1', 'ok'])
    expect(rest).toEqual(['STORE_READ_ONLY', 'STORE_READ_ONLY', 'STORE_READ_ONLY', 'STORE_READ_ONLY'])
  })

  test('[FS14] ids and names never lead out of the folder', async () => {
    const folder = temporaryFolder()
    const bench = await fileBench(join(folder, 'store'))
    for (const id of [
      '../out',
      '.hidden',
      'a/b',
      'a\\b',
      '',
      '.',
      '..',
      'x'.repeat(151),
      'con:',
      'ü',
      'a\0',
    ]) {
      await refusal(bench.store.createWorkflowRun(bench.newRun({ id })), 'PAYLOAD_INVALID')
      expect(await bench.store.findWorkflowRun(id)).toBeNull()
      expect(await bench.store.listWorkflowEvents({ runId: id })).toEqual([])
      expect(await bench.store.lastSequence(id)).toBe(0)
      await refusal(bench.store.appendFromOutside(id, received('e')), 'RUN_NOT_FOUND')
      await refusal(bench.store.getWorkflowStep(`${id}.1.0`), 'RECORD_NOT_FOUND')
      await refusal(bench.store.getBlob(id), 'RECORD_NOT_FOUND')
      await refusal(bench.store.getProject(id), 'RECORD_NOT_FOUND')
      await refusal(bench.store.getWorkflow(id), 'RECORD_NOT_FOUND')
      expect(await bench.store.listWorkflowVersions(id)).toEqual([])
    }
    const names = [
      '../../out',
      '..',
      'a/../../b',
      'A',
      'a',
      '\0',
      '\ud800',
      '漢字',
      'x'.repeat(300),
      'a-b',
      'a b',
    ]
    const run = await bench.startRun()
    await bench.append(run, ...names.flatMap((name, i) => [started(name, i + 1), completed(name)]))
    for (const id of names) {
      const host = { host_id: 'h', boot_id: 'b', pid_namespace: '', pid: 1, process_started_at: null }
      await bench.store.registerWorker({ id, ...host, concurrency: 1, workspace_group: null })
    }
    expect(new Set((await bench.store.listWorkers()).map(({ id }) => id))).toEqual(
      new Set(['worker-1', ...names]),
    )
    const nodes = readdirSync(join(folder, 'store', run.id, 'nodes'))
    const ids = nodes.map((name) => {
      const text = readFileSync(join(folder, 'store', run.id, 'nodes', name), 'utf8')
      return (JSON.parse(text) as { nodeId: string }).nodeId
    })
    // A name with NUL or half a character is none of a row: such a step has no end there, as on SQL.
    const steps = await bench.store.listWorkflowSteps(run.id)
    const over = steps.flatMap(({ status, step_key: key }) => (status === 'completed' ? [key] : []))
    expect(new Set(ids)).toEqual(new Set(over))
    expect(ids).toHaveLength(names.length - 2)
    expect(readdirSync(folder)).toEqual(['store'])
    expect(readdirSync(join(folder, 'store')).toSorted()).toEqual(['.holdfast', run.id].toSorted())
  })

  test('[FS9] a thousand runs are opened and listed without reading their journals', async () => {
    const folder = temporaryFolder()
    const bench = await fileBench(folder)
    const one = await bench.startRun({ id: 'one' })
    await bench.append(one, started('a', 1), requested('q'))
    const done = await bench.startRun({ id: 'done' })
    await bench.append(done, runCompleted())
    await bench.store.close()
    for (let i = 0; i < 1000; i++) {
      const from = i % 2 === 0 ? 'one' : 'done'
      const id = `copy-${i}`
      mkdirSync(join(folder, id))
      const journal = readFileSync(join(folder, from, 'events.jsonl'))
      // What cannot be read must not be: every journal but one is damaged, in its middle and at its old length.
      if (i !== 500) journal.write('damage', 40)
      writeFileSync(join(folder, id, 'events.jsonl'), journal)
      const file = readFileSync(join(folder, from, 'run.json'), 'utf8')
      writeFileSync(join(folder, id, 'run.json'), file.replaceAll(`"${from}"`, `"${id}"`))
    }
    const runs = new Runs(new Layout(folder))
    expect(runs.all()).toHaveLength(1002)
    expect(runs.unfinished()).toHaveLength(501)
    expect(runs.find('copy-7')?.run.status).toBe('completed')
    expect(runs.journalsRead).toBe(0)
    expect(runs.hold()).toEqual([])
    expect(runs.state('copy-500')?.tables.workflow_steps.size).toBe(1)
    expect(runs.journalsRead).toBe(1)

    // One that is behind is read, and no other.
    const behind = join(folder, 'one', 'run.json')
    const file = JSON.parse(readFileSync(behind, 'utf8')) as { appliedBytes: number; revision: number }
    writeFileSync(behind, JSON.stringify({ ...file, appliedBytes: 10, revision: 0 }))
    const again = new Runs(new Layout(folder))
    expect(again.hold().map(({ run }) => run.id)).toEqual(['one'])
    expect(again.journalsRead).toBe(1)
    const store = await openFileStore({ path: folder })
    expect(await store.listWorkflowRuns({ status: 'completed', limit: 3 })).toMatchObject({ total: 501 })
    await store.close()
  })
})

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

// Mounting takes a right that most users of a machine do not have.
describe.skipIf(!mayMount())('a full disk', () => {
  test('[FS11] refuses writes, keeps nothing of them and takes them when there is room', async () => {
    const disk = smallDisk()
    onTestFinished(() => disk.remove())
    const path = join(disk.path, 'store')
    const bench = await Bench.open({ name: '', open: (options) => openFileStore({ ...options, path }) })
    const parent = await bench.startRun({ id: 'parent' })
    const child = await bench.startRun({ id: 'child', parentRunId: parent.id, parentKey: 'kid' })
    const text = 'x'.repeat(100_000)
    let steps = 0
    let refused = null as unknown
    while (refused === null) {
      steps++
      const step = [started(`s${steps}`, steps), completed(`s${steps}`, { json: text })]
      refused = await bench.append(child, ...step).then(
        () => null,
        (error: unknown) => error,
      )
    }
    expect(refused).toMatchObject({ code: 'STORE_FULL' })
    // Filled to the last page, the end of the child and what its parent hears fail together.
    for (let size = 1_000_000; size >= 4096; size /= 2) {
      try {
        writeFileSync(join(disk.path, `more-${size}`), Buffer.alloc(size))
      } catch {
        rmSync(join(disk.path, `more-${size}`))
      }
    }
    const long = runCompleted({ json: text })
    await refusal(bench.append(child, long), 'STORE_FULL')
    await refusal(
      bench.store.createWorkflowRun(bench.newRun({ id: 'new', input: { json: text } })),
      'STORE_FULL',
    )
    await refusal(bench.store.putBlob(Buffer.alloc(200_000)), 'STORE_FULL')
    const before = await bench.types(child.id)
    expect(before).toHaveLength(2 + 2 * (steps - 1))
    expect(await bench.types(parent.id)).toHaveLength(2)
    expect(await bench.store.findWorkflowRun('new')).toBeNull()

    disk.makeRoom()
    await bench.append(child, started('after', steps))
    await bench.append(child, long)
    expect((await bench.types(parent.id)).at(-1)).toBe('child.completed')
    const types = await bench.types(child.id)
    await bench.store.close()
    const again = await openFileStore({ path })
    expect((await again.listWorkflowEvents({ runId: child.id })).map(({ type }) => type)).toEqual(types)
    expect(types.slice(before.length)).toEqual(['step.started', 'run.completed'])
    await again.close()
  })
})
