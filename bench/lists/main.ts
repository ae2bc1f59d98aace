import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { IWorkflowStore, RunQuery } from '@holdfast/store/contract'
import { postgresStores, sqliteStores } from './stores.ts'

/** Lists whose first page is measured. */
const LISTS: Readonly<Record<string, RunQuery>> = {
  all: {},
  'by start': { sort: '-started_at' },
  project: { projectId: 'p1' },
  'project by start': { projectId: 'p1', sort: '-started_at' },
  'small project': { projectId: 'p2' },
  'status completed': { status: 'completed' },
  'status failed': { status: 'failed' },
  'status waiting': { status: 'waiting' },
  'project and failed': { projectId: 'p1', status: 'failed' },
  'small project and failed': { projectId: 'p2', status: 'failed' },
  'failed by start': { status: 'failed', sort: '-started_at' },
  workflow: { workflowId: 'w1' },
  'workflow by start': { workflowId: 'w1', sort: '-started_at' },
  'workflow and failed': { workflowId: 'w3', status: 'failed' },
  branch: { branch: 'feat/4' },
  'a day': { from: '2023-11-15T00:00:00.000Z', to: '2023-11-16T00:00:00.000Z' },
  tag: { tags: { team: 'a' } },
}

const ROUNDS = 41

/**
 * Measures the first page of lists of runs in a store of 1,000 and of 1,000,000 runs, alternately, and prints the time
 * that the fastest quarter of the reads stays below, with the ratio: others may use the machine.
 * `node --conditions=source bench/lists/main.ts [--store postgres] [--more 1000000] [--less 1000]`
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      store: { type: 'string', default: 'sqlite' },
      more: { type: 'string', default: '1000000' },
      less: { type: 'string', default: '1000' },
    },
  })
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-lists-'))
  const from = values.store === 'postgres' ? await postgresStores() : sqliteStores(folder)
  const stores: IWorkflowStore[] = []
  try {
    for (const runs of [values.less, values.more]) stores.push(await from.filled(Number(runs)))
    for (const [name, query] of Object.entries(LISTS)) {
      const times: number[][] = stores.map(() => [])
      for (let round = 0; round < ROUNDS; round++) {
        for (const [index, store] of stores.entries()) {
          const start = performance.now()
          await store.listWorkflowRuns(query)
          times[index]?.push(performance.now() - start)
        }
      }
      const [less = 0, more = 0] = times.map(firstQuartile)
      const text = [less, more].map((ms) => `${Math.round(ms * 1000)} µs`.padStart(12)).join('')
      process.stdout.write(`${name.padEnd(26)}${text}${(more / less).toFixed(1).padStart(8)}×\n`)
    }
  } finally {
    await Promise.all(stores.map(async (store) => await store.close()))
    await from.remove()
    rmSync(folder, { recursive: true, force: true })
  }
}

function firstQuartile(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 4)] ?? 0
}

await main()
