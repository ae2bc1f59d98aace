import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { endOnSignals } from './driver/endings.ts'
import { readOptions, USAGE, type BenchOptions } from './driver/options.ts'
import { profileFolder, runAll } from './driver/runAll.ts'
import { topCosts } from './profile/topCosts.ts'
import { document } from './report/document.ts'
import { linesOf } from './report/lines.ts'
import { table } from './report/table.ts'

const TOP = 25

const args = process.argv.slice(2)
if (args.includes('--help')) process.stdout.write(USAGE)
else await bench(readOptions(args, process.env))

async function bench(options: BenchOptions): Promise<void> {
  endOnSignals()
  const results = await runAll(options, (line) => process.stderr.write(`${line}\n`))
  const lines = linesOf(results)
  process.stdout.write(options.json ? `${JSON.stringify(results)}\n` : `\n${table(lines)}\n`)
  if (options.profile) printProfiles(options)
  if (!options.complete) return
  const limits = readFileSync(join(import.meta.dirname, 'LIMITS.md'), 'utf8')
  writeFileSync(join(import.meta.dirname, 'RESULTS.md'), document(results, limits))
}

function printProfiles({ cases, root }: BenchOptions): void {
  for (const id of cases) {
    if (!existsSync(profileFolder(root, id))) continue
    process.stdout.write(`\n${id}: self ms, total ms, function\n`)
    for (const { where, selfMs, totalMs } of topCosts(profileFolder(root, id), TOP))
      process.stdout.write(`${selfMs.toFixed(1).padStart(8)} ${totalMs.toFixed(1).padStart(8)}  ${where}\n`)
    rmSync(profileFolder(root, id), { recursive: true, force: true })
  }
}
