import { rmSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { PostgresServer } from '@holdfast/store/testing'
import { cut } from './cut.ts'
import { linksByNamespaces, linksByProxy } from './links.ts'
import { makeStore } from './makeStore.ts'
import { storm } from './storm.ts'
import { makeProject, type ChaosProject } from './workflow.ts'

/**
 * `npm run chaos`: real worker processes in a storm, and what was lost by it. `--store sqlite`, `files` or `postgres`, which
 * is a server of its own that is stopped and started twice meanwhile, or the address of a store that is there.
 * `--cut` cuts the link of one of two workers to PostgreSQL instead, and measures how long the other takes to go on with its
 * runs; with `--namespaces` each of them has a network namespace of its own, which only the superuser may make, else the
 * link is a proxy. Prints the counts; exit code 1 when one is wrong.
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
      cut: { type: 'boolean', default: false },
      namespaces: { type: 'boolean', default: false },
    },
  })
  const project = makeProject()
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  if (values.cut) return await showCut(project, values.namespaces, say)
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
      say,
    })
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
    return report.lost + report.repeated + report.foreignWrites + report.gaps === 0 ? 0 : 1
  } finally {
    await store.remove()
    rmSync(project.folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

process.exitCode = await main()

async function showCut(
  project: ChaosProject,
  namespaces: boolean,
  say: (line: string) => void,
): Promise<number> {
  const server = await PostgresServer.create()
  try {
    const links = await (namespaces ? linksByNamespaces : linksByProxy)(server.url())
    const report = await cut({ project, server: server.url(), links, runs: 6, say })
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
    const { takeoverSeconds, processesEndedSeconds, foreignWrites, isBack } = report
    return takeoverSeconds <= 15 && processesEndedSeconds <= 15 && foreignWrites === 0 && isBack ? 0 : 1
  } finally {
    await server.remove()
    rmSync(project.folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
