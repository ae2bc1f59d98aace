import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { cardOf } from './cards.ts'
import type { Results } from './driver/Results.ts'
import { medianOf } from './driver/Results.ts'
import { readOptions } from './driver/options.ts'
import { verify } from './driver/verify.ts'
import { document } from './report/document.ts'
import { linesOf } from './report/lines.ts'
import { topCosts } from './profile/topCosts.ts'
import { prepare } from './services/prepare.ts'
import { limited } from './sizes.ts'

const run = promisify(execFile)
const MAIN = join(import.meta.dirname, 'main.ts')
let root: string
beforeAll(() => (root = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))))
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('the command', () => {
  test('measures both adapters in processes of their own', async () => {
    const args = [
      '--conditions=source',
      MAIN,
      '--quick',
      '--reps',
      '1',
      '--w',
      'W1,W6',
      '--json',
      '--dir',
      root,
    ]
    const { stdout } = await run(process.execPath, args, { env: { ...process.env, W6_STEPS: '30' } })
    const results = JSON.parse(stdout) as Results
    const measured = results.results.map((result) => `${result.case} ${result.adapter}`)
    const slow = results.countedSyncs ? ['W1slow floor', 'W1slow holdfast'] : []
    expect(measured).toEqual(['W1 floor', 'W1 holdfast', 'W6 floor', 'W6 holdfast', ...slow])
    expect(results.sizes).toMatchObject({ w1Steps: 20, w6Steps: 30 })
    for (const { case: of, figures } of results.results) {
      expect(figures['bodiesPerStep'], 'each step ran once').toBe(1)
      expect(figures['totalMs']).toBeGreaterThan(0)
      // One commit per step where they follow each other; where they are at once, they share some.
      if (!results.countedSyncs) expect(figures).not.toHaveProperty('syncsPerStep')
      else if (of === 'W6') expect(figures['syncsPerStep']).toBeLessThan(1)
      else expect(figures['syncsPerStep']).toBeGreaterThanOrEqual(1)
    }
    const page = document(results, '## What limits us')
    const ours = linesOf(results).map(({ pairs }) => pairs[0]?.holdfast)
    expect(ours.every((figure) => typeof figure === 'number' || !results.countedSyncs)).toBe(true)
    for (const { what } of linesOf(results)) expect(page).toContain(what)
    expect(readdirSync(root), 'nothing is left behind').toEqual([])
  })

  test('a seed that is killed leaves everything for the next process', async () => {
    const args = ['--conditions=source', MAIN, '--quick', '--reps', '1', '--w', 'W4', '--json', '--dir', root]
    const { stdout } = await run(process.execPath, args)
    const { results } = JSON.parse(stdout) as Results
    expect(results.map(({ figures }) => [figures['seed.bodies'], figures['stepsRepeated']])).toEqual([
      [50, 0],
      [50, 0],
    ])
  })
})

test('wrong arguments are named', () => {
  expect(() => readOptions(['--w', 'W1,W9'], {})).toThrow(/W9\. Known workloads: W1, W2/)
  expect(() => readOptions(['--reps', '0'], {})).toThrow(/--reps is "0"/)
  expect(() => readOptions(['--quick'], { W2_RUNS: 'many' })).toThrow(/W2_RUNS is "many"/)
})

test('results are kept only when everything was measured at full size', () => {
  expect(readOptions([], {}).complete).toBe(true)
  expect(readOptions(['--quick'], {}).complete).toBe(false)
  expect(readOptions(['--w', 'W1'], {}).complete).toBe(false)
  expect(readOptions(['--profile'], {}).complete).toBe(false)
  expect(readOptions([], { W4_STEPS: '10' }).complete).toBe(false)
})

describe('the table', () => {
  const machine = {
    cores: 2,
    memoryGb: 8,
    system: 'linux x64',
    node: 'v24',
    sqlite: '3',
    rawSyncUs: 100,
    load: 0,
  }
  const of = (results: Results['results']): Results => ({
    machine,
    sizes: readOptions([], {}).sizes,
    reps: 3,
    peerReps: 1,
    built: false,
    countedSyncs: true,
    adapters: ['floor', 'holdfast'],
    results,
    failures: [],
  })

  test('shows medians, ratios and whether a target is met', () => {
    const result = (adapter: 'floor' | 'holdfast', stepP50Us: number, syncsPerStep: number) =>
      ({ case: 'W1', adapter, figures: { stepP50Us, syncsPerStep } }) as const
    const results = of([
      result('floor', 200, 1),
      result('holdfast', 320, 1.1),
      result('floor', 210, 1),
      result('holdfast', 310, 1.2),
      result('floor', 900, 1),
      result('holdfast', 290, 1.3),
    ])
    expect(medianOf(results.results, { case: 'W1', adapter: 'floor', figure: 'stepP50Us' })).toBe(210)
    const [time, syncs] = linesOf(results).map(({ pairs }) => pairs[0])
    expect(time).toMatchObject({ store: 'sqlite', floor: 210, holdfast: 310, met: true })
    expect(time?.ratio).toBeCloseTo(310 / 210)
    expect(syncs).toMatchObject({ holdfast: 1.2, met: false })
    const page = document(results, '## What limits us\n\nThe disk.\n')
    expect(page).toMatch(/\| +310 µs \| +210 µs \| +1\.48× \| +≤ 1\.5× floor \| met +\|/)
    expect(page).toMatch(/\| +1\.2 \| +1 \| +\| +≤ 1\.05 \| \*\*missed\*\* \|/)
    expect(page).toContain('The disk.')
    expect(page).toContain('Not measured: PostgreSQL, other systems, several workers')
    expect(page).not.toContain('The other systems')
  })

  test('has a column for each peer, and says what was smaller and what failed', () => {
    const results: Results = {
      ...of([
        { case: 'W1', adapter: 'holdfast', figures: { stepP50Us: 300 } },
        { case: 'W1', adapter: 'openworkflow', figures: { stepP50Us: 1200 } },
        { case: 'W2', adapter: 'holdfast', figures: { stepsPerSecond: 4000 } },
        { case: 'W2', adapter: 'openworkflow', figures: { stepsPerSecond: 1000, syncsPerStep: 2 } },
      ]),
      adapters: ['floor', 'holdfast', 'openworkflow', 'langgraph', 'restate'],
      failures: [
        { case: 'W2', adapter: 'langgraph', reason: 'it ended\nwith | a bang' },
        { case: null, adapter: 'restate', reason: 'could not be installed: no network' },
      ],
    }
    const page = document(results, '')
    const line = (what: string) => page.split('\n').find((text) => text.includes(what)) ?? ''
    expect(line('time per step')).toMatch(/\| +1,200 µs \(4×\) \| +– \| +failed \|$/)
    expect(line('steps per second')).toMatch(/\| +1,000\/s \(0\.25×\), 200 runs \| +failed \| +failed \|$/)
    expect(line('fsyncs per step')).toMatch(/\| +– \| +– \| +failed \|$/)
    expect(page).toMatch(/\| LangGraph, SQLite .*\| W2: it ended with \/ a bang +\|/)
    expect(page).toMatch(/\| Restate, its server .*\| anything: could not be installed: no network +\|/)
    expect(page).not.toContain('other systems, several workers')
  })
})

describe('peers', () => {
  test('are named with their stores', () => {
    const names = (...args: string[]) => readOptions(args, {}).cards.map(({ name }) => name)
    expect(names()).toEqual(['floor', 'holdfast'])
    expect(names('--peers', 'all')).toEqual(expect.arrayContaining(['floor', 'openworkflow', 'langgraph']))
    expect(names('--peers', 'dbos', '--store', 'postgres')).toEqual([
      'floor:postgres',
      'holdfast:postgres',
      'dbos',
    ])
    expect(() => names('--peers', 'dbos', '--store', 'sqlite')).toThrow(/dbos cannot keep runs in sqlite/)
    expect(names('--peers', 'restate', '--store', 'sqlite')).toEqual(['floor', 'holdfast', 'restate'])
    expect(() => names('--peers', 'openworkflow,temporal')).toThrow(/temporal\. Known: all, or some of/)
    expect(() => names('--store', 'mysql')).toThrow(/--store names mysql/)
    expect(readOptions(['--reps', '2', '--peer-reps', '5'], {}).peerReps).toBe(2)
  })

  test('do no more than their cards say', () => {
    const { sizes } = readOptions([], {})
    expect(limited(sizes, cardOf('openworkflow').atMost)).toMatchObject({ w4Steps: 900, w1Steps: 200 })
    expect(limited({ ...sizes, w4Steps: 5 }, cardOf('openworkflow').atMost).w4Steps).toBe(5)
  })

  test('that cannot be installed are failures with a reason; the others go on', async () => {
    const folder = mkdtempSync(join(root, 'cache-'))
    vi.stubEnv('HOLDFAST_TEST_CACHE', folder)
    vi.stubEnv('PATH', folder)
    onTestFinished(() => void vi.unstubAllEnvs())
    // An npm that fails stands where npm is looked for first, so that nothing is fetched.
    const before = process.execPath
    process.execPath = join(folder, 'node')
    onTestFinished(() => void (process.execPath = before))
    writeFileSync(join(folder, 'npm'), '#!/bin/sh\necho "no network" >&2\nexit 1\n', { mode: 0o755 })
    const { ready, failures } = await prepare([cardOf('openworkflow'), cardOf('holdfast')], null)
    expect(ready.map(({ name }) => name)).toEqual(['holdfast'])
    expect(failures).toEqual([
      { case: null, adapter: 'openworkflow', reason: expect.stringContaining('no network') },
    ])
    rmSync(folder, { recursive: true })
  })

  test('packages are imported from their own folder', async () => {
    const folder = mkdtempSync(join(root, 'packages-'))
    const own = join(folder, 'node_modules/only-here')
    mkdirSync(own, { recursive: true })
    writeFileSync(join(own, 'package.json'), '{"name":"only-here","type":"module","exports":"./index.js"}')
    writeFileSync(join(own, 'index.js'), 'export const where = import.meta.dirname')
    const { stdout } = await run(process.execPath, [
      '--input-type=module',
      '--eval',
      `const { importFrom } = await import(${JSON.stringify(join(import.meta.dirname, 'peers/importFrom.ts'))})
       console.log((await importFrom(${JSON.stringify(folder)}, 'only-here')).where)
       console.log(await import('only-here').catch(({ code }) => code))`,
    ])
    expect(stdout).toBe(`${own}\nERR_MODULE_NOT_FOUND\n`)
    rmSync(folder, { recursive: true })
  })
})

test('what was not done as asked is not measured', () => {
  const { sizes } = readOptions([], {})
  expect(() => verify('W2', sizes, { bodiesPerStep: 1 })).not.toThrow()
  expect(() => verify('W2', sizes, { bodiesPerStep: 0.5 })).toThrow(/ran 0\.5 times/)
  expect(() => verify('W4', sizes, { 'seed.bodies': 2000, stepsRepeated: 3 })).not.toThrow()
  expect(() => verify('W4', sizes, { 'seed.bodies': 7 })).toThrow(/7 steps ran .* instead of 2000/)
})

// A cluster is made first, which takes long on a busy machine.
test('Holdfast and the floor are measured on PostgreSQL too', async () => {
  const args = ['--conditions=source', MAIN, '--quick', '--reps', '1', '--json', '--dir', root]
  const { stdout } = await run(process.execPath, [...args, '--store', 'postgres', '--w', 'W4,W6'])
  const results = JSON.parse(stdout) as Results
  for (const adapter of ['floor:postgres', 'holdfast:postgres']) {
    const figures = (of: string) =>
      results.results.find((result) => result.case === of && result.adapter === adapter)?.figures
    expect(figures('W4')).toMatchObject({ 'seed.bodies': 50, stepsRepeated: 0 })
    expect(figures('W6')).toMatchObject({ bodiesPerStep: 1 })
    // The server's fsyncs are counted: those that many steps share.
    if (results.countedSyncs) expect(figures('W6')?.['syncsPerStep']).toBeGreaterThan(0)
    if (results.countedSyncs) expect(figures('W6')?.['syncsPerStep']).toBeLessThan(1)
  }
  const whole = linesOf(results).find(({ row }) => row.case === 'W6')
  expect(whole?.pairs).toEqual([expect.objectContaining({ store: 'postgres', ratio: expect.any(Number) })])
  expect(readdirSync(root), 'nothing is left behind').toEqual([])
}, 180_000)

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends every process and removes every file', async (signal) => {
  const folder = mkdtempSync(join(root, 'interrupted-'))
  const args = ['--conditions=source', MAIN, '--w', 'W5', '--dir', folder]
  const child = spawn(process.execPath, args, {
    stdio: 'ignore',
    env: { ...process.env, W5_IDLE_MS: '60000' },
  })
  const ended = once(child, 'close')
  const measuring = (): string[] => readdirSync(folder).filter((name) => name.startsWith('W5-'))
  await vi.waitUntil(() => measuring().some((name) => readdirSync(join(folder, name, 'store')).length > 0), {
    timeout: 30_000,
  })
  child.kill(signal)
  expect(await ended).toEqual([signal === 'SIGINT' ? 130 : 143, null])
  expect(readdirSync(folder), 'nothing is left behind').toEqual([])
})

test('a profile tells which functions took the time', () => {
  const folder = mkdtempSync(join(root, 'profile-'))
  const frame = (functionName: string) => ({
    functionName,
    url: `file://${import.meta.filename}`,
    lineNumber: 4,
  })
  const profile = {
    nodes: [
      { id: 1, callFrame: { functionName: '(root)', url: '', lineNumber: -1 }, children: [2] },
      { id: 2, callFrame: frame('outer'), children: [3] },
      { id: 3, callFrame: frame('inner'), children: [4] },
      { id: 4, callFrame: frame('outer') },
    ],
    samples: [2, 3, 4],
    timeDeltas: [1000, 5000, 2000],
  }
  writeFileSync(join(folder, 'main.cpuprofile'), JSON.stringify(profile))
  writeFileSync(join(folder, 'thread.cpuprofile'), '{}')
  expect(topCosts(folder, 2)).toEqual([
    { where: 'inner bench/bench.test.ts:5', selfMs: 5, totalMs: 7 },
    { where: 'outer bench/bench.test.ts:5', selfMs: 3, totalMs: 8 },
  ])
  rmSync(folder, { recursive: true })
})
