import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createHoldfast } from '@holdfast/runtime'
import type { IWorkflowStore } from '@holdfast/store/contract'
import type { JournalEvent } from '@holdfast/workflow-sdk'
import { Fleet } from './Fleet.ts'
import type { Links } from './links.ts'
import type { ChaosProject } from './workflow.ts'

/** What became of runs whose worker was cut off from the store. */
export interface CutReport {
  readonly runs: number
  /** From the cut until the other worker had them all. */
  readonly takeoverSeconds: number
  /** From the cut until the last sign of a process that the cut worker had started. */
  readonly processesEndedSeconds: number
  /** Events in their journals that the other worker did not write after it took over, and results of the cut one. */
  readonly foreignWrites: number
  /** Whether the cut worker executes runs again once its link is whole. */
  readonly isBack: boolean
}

interface Mark {
  readonly worker: number
  /** Milliseconds since 1970. */
  readonly at: number
}

const PATIENCE_MS = 120_000

/** Two workers on a PostgreSQL server; the link of one is cut while it works, and made whole at the end. */
export async function cut(options: {
  readonly project: ChaosProject
  /** Address of the server. */
  readonly server: string
  readonly links: Links
  readonly runs: number
  readonly say: (line: string) => void
}): Promise<CutReport> {
  const { project, server, links, say } = options
  const { root, log } = project
  const release = join(project.folder, 'release')
  const holdfast = await createHoldfast({ projectPath: root, store: server })
  const { store } = holdfast
  const [far, near] = [links.far, links.near].map(
    ({ url, prefix }) => new Fleet({ root, store: url, size: 1, concurrency: 2 * options.runs, prefix }),
  ) as [Fleet, Fleet]
  const start = async (): Promise<string> => (await holdfast.start('hold', { log, release })).id
  try {
    await holdfast.discover()
    const ids = await Promise.all(Array.from({ length: options.runs }, start))
    far.fill()
    await until(
      () => new Set(marks(log).map(({ run }) => run)).size === ids.length,
      'the first worker to work',
    )
    near.fill()
    await until(() => near.pids.size > 0, 'the second worker to be ready')
    const [[nearId = '', nearPid = 0] = []] = near.pids
    const cutAt = Date.now()
    links.cut()
    say(`the link of the worker with ${ids.length} runs is cut`)
    await until(async () => (await takeovers(store, ids)).length === ids.length, 'the other worker')
    const takeoverSeconds = seconds(Date.now() - cutAt)
    say(`the other worker has them after ${takeoverSeconds} s`)
    const ofFar = (): Mark[] => marks(log).filter(({ worker }) => worker !== nearPid)
    await until(() => Date.now() - Math.max(...ofFar().map(({ at }) => at)) > 3000, 'its processes to end')
    const processesEndedSeconds = seconds(Math.max(...ofFar().map(({ at }) => at)) - cutAt)
    say(`the last sign of its processes was ${processesEndedSeconds} s after the cut`)
    writeFileSync(release, '')
    const isOver = async (id: string): Promise<boolean> =>
      (await store.getWorkflowRun(id)).status === 'completed'
    for (const id of ids) await until(() => isOver(id), 'the runs to be completed')
    links.heal()
    say('the link is whole again')
    await near.end()
    const last = await start()
    await until(() => isOver(last), 'the worker that was cut off to be back').catch(() => undefined)
    const isBack = await isOver(last)
    const journals = await Promise.all(ids.map((runId) => store.listWorkflowEvents({ runId })))
    const foreignWrites = journals.reduce((sum, journal) => sum + foreign(journal, nearId, nearPid), 0)
    return { runs: ids.length, takeoverSeconds, processesEndedSeconds, foreignWrites, isBack }
  } finally {
    await Promise.all([far.end(), near.end()])
    await holdfast.close()
    await links.close()
    if (!existsSync(release)) writeFileSync(release, '')
  }
}

async function takeovers(store: IWorkflowStore, ids: readonly string[]): Promise<JournalEvent[]> {
  const journals = await Promise.all(ids.map((runId) => store.listWorkflowEvents({ runId })))
  return journals.flatMap((journal) => journal.filter(isTakeover).slice(0, 1))
}

function isTakeover(event: JournalEvent): boolean {
  return event.type === 'run.resumed' && event.payload.cause === 'takeover'
}

/** After the take-over nobody else may resume the run, and the result is that of the other worker's step. */
function foreign(journal: readonly JournalEvent[], nearId: string, nearPid: number): number {
  return journal.slice(journal.findIndex(isTakeover)).filter((event) => {
    if (event.type === 'run.resumed') return event.payload.workerId !== nearId
    if (event.type !== 'step.completed') return false
    return JSON.stringify(event.payload.output) !== JSON.stringify({ json: { worker: nearPid } })
  }).length
}

function marks(log: string): (Mark & { readonly run: string })[] {
  return readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Mark & { readonly run: string })
}

async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const began = Date.now()
  while (!(await isSo())) {
    if (Date.now() - began > PATIENCE_MS) throw new Error(`Waited too long for ${what}.`)
    await delay(200)
  }
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10
}
