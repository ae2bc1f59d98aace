import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Results } from './driver/Results.ts'
import { medianOf } from './driver/Results.ts'
import { readOptions } from './driver/options.ts'
import { document } from './report/document.ts'
import { linesOf } from './report/lines.ts'
import { topCosts } from './profile/topCosts.ts'

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
    expect(linesOf(results).every(({ holdfast }) => holdfast !== null || !results.countedSyncs)).toBe(true)
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
    built: false,
    countedSyncs: true,
    results,
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
    const [time, syncs] = linesOf(results)
    expect(time).toMatchObject({ floor: 210, holdfast: 310, met: true })
    expect(time?.ratio).toBeCloseTo(310 / 210)
    expect(syncs).toMatchObject({ holdfast: 1.2, met: false })
    const page = document(results, '## What limits us\n\nThe disk.\n')
    expect(page).toMatch(/\| +310 µs \| +210 µs \| +1\.48× \| +≤ 1\.5× floor \| met +\|/)
    expect(page).toMatch(/\| +1\.2 \| +1 \| +\| +≤ 1\.05 \| \*\*missed\*\* \|/)
    expect(page).toContain('The disk.')
  })
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
