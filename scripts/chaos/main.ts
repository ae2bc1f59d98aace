import { rmSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { makeStore } from './makeStore.ts'
import { storm } from './storm.ts'
import { makeProject } from './workflow.ts'

/**
 * `npm run chaos`: real worker processes in a storm, and what was lost by it. `--store sqlite`, `files` or `postgres`, which
 * is a server of its own that is stopped and started twice meanwhile, or the address of a store that is there.
 * Prints the counts; exit code 1 when one is wrong.
 */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      store: { type: 'string', default: 'sqlite' },
      runs: { type: 'string', default: '500' },
      workers: { type: 'string', default: '3' },
      concurrency: { type: 'string', default: '8' },
      'kill-every': { type: 'string', default: '2000' },
      freeze: { type: 'string', default: '20000' },
      seed: { type: 'string', default: '1' },
    },
  })
  const project = makeProject()
  const store = await makeStore(values.store, project.folder)
  try {
    const report = await storm({
      project,
      store: store.address,
      runs: Number(values.runs),
      workers: Number(values.workers),
      concurrency: Number(values.concurrency),
      killEveryMs: Number(values['kill-every']),
      freezeMs: Number(values.freeze),
      seed: Number(values.seed),
      ...(store.restart === null ? {} : { restartStore: { times: 2, restart: store.restart } }),
      say: (line) => void process.stderr.write(`${line}\n`),
    })
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
    return report.lost + report.repeated + report.foreignWrites + report.gaps === 0 ? 0 : 1
  } finally {
    await store.remove()
    rmSync(project.folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

process.exitCode = await main()
