import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { countsLine, readCounts } from './testing/counts.ts'
import { readCoverage } from './testing/coverage.ts'

/**
 * `npm test`: all tests with coverage, then the least line coverage of each room. Arguments go to the
 * test runner (`npm test -- --project store`); coverage is not held then, because not all tests run.
 */
const MIN_LINES_PERCENT = 80
const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
const folder = join(root, 'coverage')
// Not in the folder of the coverage, which its provider empties.
const reportPath = join(root, 'node_modules', '.cache', 'holdfast', 'tests.json')
const args = process.argv.slice(2)

rmSync(folder, { recursive: true, force: true })
rmSync(reportPath, { force: true })
const exitCode = await runTests()
const counts = readCounts(reportPath)
const enough = args.length > 0 || holdCoverage()
// The runner also fails for errors that belong to no test, e.g. a rejection that nobody handled.
const stray = exitCode !== 0 && counts.failed === 0 ? 1 : 0
if (stray === 1) console.log('The test runner failed although no test did; what it said stands above.')
process.exitCode = exitCode !== 0 || counts.failed > 0 || !enough ? 1 : 0
console.log(countsLine({ ...counts, failed: counts.failed + stray }))

async function runTests(): Promise<number> {
  const child = spawn(
    process.execPath,
    [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${reportPath}`,
      ...(args.length > 0 ? args : ['--coverage']),
    ],
    { cwd: root, stdio: 'inherit' },
  )
  const [code] = (await once(child, 'close')) as [number | null]
  return code ?? 1
}

function holdCoverage(): boolean {
  const rooms = readCoverage(root, join(folder, 'coverage-summary.json'))
  if (rooms.length === 0) console.log('No coverage was recorded.')
  for (const { room, lines, percent } of rooms) {
    const state = percent >= MIN_LINES_PERCENT ? 'ok    ' : 'FAILED'
    const share = `${percent.toFixed(1)}%`.padStart(6)
    console.log(`${state}  ${room.padEnd(24)} ${share} of ${lines} lines, at least ${MIN_LINES_PERCENT}%`)
  }
  return rooms.length > 0 && rooms.every(({ percent }) => percent >= MIN_LINES_PERCENT)
}
