import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { machineFacts } from '../measure/machine.ts'
import { median } from '../measure/statistics.ts'
import { AgentBench, type Figures, type Program } from './AgentBench.ts'
import { installedPrograms } from './programs.ts'

const PAIRS = 7

/**
 * Measures what Holdfast adds to a real agent: the same command line, once by itself and once as the only step of
 * `holdfast run`, in turns, both against one scripted model that answers at once. Prints a table of medians in
 * Markdown. `node --conditions=source bench/agents/main.ts [pairs]`
 */
async function main(pairs: number): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-bench-agents-'))
  try {
    const { load } = machineFacts(root)
    process.stdout.write(`${HEAD}\n`)
    for (const program of await installedPrograms())
      process.stdout.write(`${await row(root, program, pairs)}\n`)
    process.stdout.write(`\n${pairs} pairs; load average at the start: ${load.toFixed(2)}.\n`)
  } finally {
    rmSync(root, { recursive: true, force: true, maxRetries: 5 })
  }
}

const HEAD = `| agent | bare: first request | bare: whole | bare: CPU | step ÷ bare | \`holdfast run\`: first request | \`holdfast run\` ÷ bare | CPU ÷ bare |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |`

async function row(root: string, program: Program, pairs: number): Promise<string> {
  const bench = await AgentBench.prepare(root, program)
  try {
    const bare: Figures[] = []
    const held: (Figures & { readonly stepMs: number })[] = []
    for (let pair = 0; pair < pairs; pair++) {
      // Who goes first takes turns too.
      if (pair % 2 === 0) bare.push(await bench.bare())
      held.push(await bench.holdfast())
      if (pair % 2 === 1) bare.push(await bench.bare())
      process.stderr.write(`${program.name} ${pair + 1}/${pairs}\n`)
    }
    const of = (list: readonly Figures[], name: keyof Figures): number => median(list.map((one) => one[name]))
    const ratio = (value: number, name: keyof Figures): string => `${(value / of(bare, name)).toFixed(2)}×`
    const ms = (value: number): string => `${Math.round(value)} ms`
    const cells = [
      program.name,
      ms(of(bare, 'firstRequestMs')),
      ms(of(bare, 'wholeMs')),
      ms(of(bare, 'cpuMs')),
      ratio(median(held.map(({ stepMs }) => stepMs)), 'wholeMs'),
      ms(of(held, 'firstRequestMs')),
      ratio(of(held, 'wholeMs'), 'wholeMs'),
      ratio(of(held, 'cpuMs'), 'cpuMs'),
    ]
    return `| ${cells.join(' | ')} |`
  } finally {
    await bench.close()
  }
}

const [pairs = String(PAIRS)] = process.argv.slice(2)
await main(Number(pairs))
