import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { countsLine, readCounts } from './counts.ts'
import { readCoverage } from './coverage.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-reports-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: object): string {
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify(content))
  return path
}

describe('readCounts', () => {
  it('counts tests, and files that could not be loaded as failures', () => {
    const statuses = (...all: readonly string[]): object[] => all.map((status) => ({ status }))
    const path = file('tests.json', {
      testResults: [
        { status: 'passed', assertionResults: statuses('passed', 'pending', 'passed', 'todo') },
        { status: 'failed', assertionResults: statuses('passed', 'failed') },
        { status: 'failed', assertionResults: [] },
      ],
    })
    expect(readCounts(path)).toEqual({ passed: 3, failed: 2, skipped: 2 })
  })

  it('takes a missing report for a failure', () => {
    expect(readCounts(join(folder, 'none.json'))).toEqual({ passed: 0, failed: 1, skipped: 0 })
  })

  it('says it in one line', () => {
    expect(countsLine({ passed: 12, failed: 0, skipped: 0 })).toBe('12 passed, 0 failed')
    expect(countsLine({ passed: 12, failed: 1, skipped: 2 })).toBe('12 passed, 1 failed, 2 skipped')
  })
})

describe('readCoverage', () => {
  it('adds the lines of each room and leaves everything else out', () => {
    const entry = (total: number, covered: number): object => ({ lines: { total, covered } })
    const path = file('coverage.json', {
      total: entry(1000, 1000),
      [`${folder}/packages/store/src/a.ts`]: entry(100, 90),
      [`${folder}/packages/store/src/b.ts`]: entry(100, 50),
      [`${folder}/apps/cli/src/c.ts`]: entry(0, 0),
      [`${folder}/scripts/d.ts`]: entry(10, 0),
    })
    expect(readCoverage(folder, path)).toEqual([
      { room: 'apps/cli', lines: 0, covered: 0, percent: 100 },
      { room: 'packages/store', lines: 200, covered: 140, percent: 70 },
    ])
  })

  it('has nothing to say without a summary', () => {
    expect(readCoverage(folder, join(folder, 'none.json'))).toEqual([])
  })
})
