import { fileURLToPath } from 'node:url'
import type { Check, Finding } from './Check.ts'
import { checks } from './checks.ts'

/** Runs all checks, or those named as arguments: `npm run check -- layers errors`. Exit 1 when one finds a fault. */
const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !checks.some((check) => check.name === name))
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(', ')}. Known: ${checks.map((check) => check.name).join(', ')}.`)
  process.exit(2)
}

const results: Result[] = []
for (const check of checks) {
  if (wanted.length === 0 || wanted.includes(check.name)) results.push(await timed(check))
}
for (const { check, findings } of results) printFindings(check, findings)
printTable()
process.exitCode = results.some((result) => result.findings.length > 0) ? 1 : 0

interface Result {
  readonly check: Check
  readonly findings: readonly Finding[]
  readonly durationMs: number
}

async function timed(check: Check): Promise<Result> {
  const started = performance.now()
  const findings = await check.run(root)
  return { check, findings, durationMs: performance.now() - started }
}

function printFindings(check: Check, findings: readonly Finding[]): void {
  if (findings.length === 0) return
  console.log(`\n${check.name}`)
  for (const { where, what } of findings)
    console.log(what.includes('\n') ? `  ${where}\n${what}` : `  ${where}  ${what}`)
}

function printTable(): void {
  const width = Math.max(...results.map((result) => result.check.name.length))
  console.log()
  for (const { check, findings, durationMs } of results) {
    const state = findings.length === 0 ? 'ok    ' : 'FAILED'
    const time = `${(durationMs / 1000).toFixed(1)} s`.padStart(7)
    console.log(`${state}  ${check.name.padEnd(width)} ${time}  ${check.about}`)
  }
}
