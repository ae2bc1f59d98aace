import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Bench, OwnedRun } from '../conformance/Bench.ts'
import { runCompleted, started } from '../conformance/events.ts'
import type { IWorkflowStore } from '../contract/index.ts'
import { openFileStore } from './openFileStore.ts'
import { fileBench, temporaryFolder } from './testing/lab.ts'

/** A process that dies right before one of its changes of files: from there on nothing of it reaches the disk. */
class Death {
  readonly points: string[] = []
  #left = Number.POSITIVE_INFINITY

  get isDead(): boolean {
    return this.#left < 0
  }

  /** @param after Changes that are still made. */
  in(after: number): void {
    this.points.length = 0
    this.#left = after
  }

  readonly beforeWrite = (what: string): void => {
    this.points.push(what)
    this.#left -= 1
    if (this.isDead) throw new Error('This process is dead.')
  }
}

interface Case {
  readonly name: string
  readonly prepare: (bench: Bench) => Promise<{ act: () => Promise<unknown>; look: Look }>
}
/** What can be seen from outside, as text. */
type Look = (store: IWorkflowStore, folder: string) => Promise<string>

const typesOf = async (store: IWorkflowStore, runId: string): Promise<string> =>
  (await store.listWorkflowEvents({ runId })).map(({ type }) => type).join()

const families: Look = async (store) => {
  const { items } = await store.listWorkflowRuns({ sort: 'created_at' })
  const runs = await Promise.all(
    items.map(async ({ id, status }) => `${id}: ${status} ${await typesOf(store, id)}`),
  )
  return runs.toSorted((a, b) => a.localeCompare(b)).join('\n')
}

const cases: Case[] = [
  {
    name: 'the end of a child and what its parent hears',
    prepare: async (bench) => {
      const parent = await bench.startRun({ id: 'parent' })
      const child = await bench.startRun({ id: 'child', parentRunId: parent.id, parentKey: 'kid' })
      await bench.park(parent)
      return { act: () => bench.append(child, runCompleted()), look: families }
    },
  },
  {
    name: 'the end of a run and its successor',
    prepare: async (bench) => {
      const run = await bench.startRun({ id: 'first' })
      const successor = bench.newRun({
        id: 'second',
        previousRunId: run.id,
        claim: { workerId: bench.workerId, cause: 'start' },
      })
      const append = { runId: run.id, ownerToken: run.token, appendId: 'end', events: [runCompleted()] }
      return { act: () => bench.store.completeAndContinue({ append, successor }), look: families }
    },
  },
  {
    name: 'a claim of several runs',
    prepare: async (bench) => {
      for (const id of ['a', 'b', 'c']) await bench.store.createWorkflowRun(bench.newRun({ id }))
      return { act: () => bench.claim(), look: families }
    },
  },
  {
    name: 'a run that is created and claimed, with a key that limits it',
    prepare: async (bench) => {
      const concurrency = { key: 'k', limit: 1 }
      const first = await bench.startRun({ id: 'a', concurrency })
      await bench.store.createWorkflowRun(bench.newRun({ id: 'b', concurrency }))
      return { act: () => bench.append(first, runCompleted()), look: families }
    },
  },
  {
    name: 'a run that is deleted',
    prepare: async (bench) => {
      const run = await bench.startRun({ id: 'gone' })
      await bench.append(run, started('a', 1), runCompleted())
      return {
        act: () => bench.store.deleteWorkflowRun(run.id),
        look: async (store, folder) =>
          `${await families(store, folder)} ${existsSync(join(folder, run.id, 'run.json'))}`,
      }
    },
  },
  {
    name: 'a project that is deleted',
    prepare: async (bench) => {
      await bench.startRun({ id: 'one' })
      await bench.startRun({ id: 'two' })
      return {
        act: () => bench.store.deleteProject(bench.projectId),
        look: async (store, folder) => {
          const projects = (await store.listProjects()).filter(({ path }) => path !== '/next')
          return `${projects.length} ${(await store.listWorkflows({})).length} ${await families(store, folder)}`
        },
      }
    },
  },
  {
    name: 'a new version of a workflow',
    prepare: async (bench) => {
      const { projectId } = bench
      const text = { source: '2', bundle: '2', contentHash: '2', lockHash: null, config: {}, filePath: null }
      return {
        act: () => bench.store.registerWorkflow({ projectId, name: 'build', description: '', ...text }),
        look: async (store) => {
          const { version } = await store.getWorkflow(bench.workflowId)
          const versions = await store.listWorkflowVersions(bench.workflowId)
          const { bundle } = await store.getWorkflowVersion(bench.workflowId, version)
          return `${version} of ${versions.length}: ${bundle}`
        },
      }
    },
  },
  {
    name: 'a worker that is gone',
    prepare: async (bench) => {
      await bench.startRun({ id: 'one' })
      await bench.startRun({ id: 'two' })
      return {
        act: () => bench.store.releaseRunsOfWorker(bench.workerId),
        look: async (store) => `${(await store.listWorkers()).length} ${await store.nextDueAt('nobody')}`,
      }
    },
  },
  {
    name: 'a copy of another store',
    prepare: async (bench) => {
      const source = await fileBench(temporaryFolder())
      const run = await source.startRun({ id: 'copied' })
      await source.append(run, started('a', 1))
      await source.store.putBlob(Buffer.from('blob'))
      await source.store.appendWorkflowLog([
        { run_id: run.id, step_id: null, level: 'info', message: 'line', data: null },
      ])
      await bench.store.deleteProject(bench.projectId)
      return {
        act: () => bench.store.importRecords(source.store.exportRecords()),
        look: async (store, folder) => {
          const [projects, lines] = [
            (await store.listProjects()).filter(({ path }) => path !== '/next'),
            await store.listWorkflowLogs({ runId: run.id }),
          ]
          return `${projects.length} ${lines.length} ${await families(store, folder)}`
        },
      }
    },
  },
  {
    name: 'a workspace that a run makes',
    prepare: async (bench) => {
      const run: OwnedRun = await bench.startRun({ id: 'run' })
      const git = { branch: 'b' }
      const place = { kind: 'worktree', path: 'wt', branch: 'b', hostId: 'h', persistent: true } as const
      const payload = { workspaceId: 'ws', ...place, git }
      return {
        act: () => bench.append(run, { type: 'workspace.created', payload }),
        look: async (store, folder) =>
          `${(await store.getWorkspace('ws'))?.path} ${await families(store, folder)}`,
      }
    },
  },
]

/** The same thing in a process that dies at the `at`th change of a file; what the next one finds. */
async function dieAt(one: Case, at: number) {
  const folder = temporaryFolder()
  const death = new Death()
  const bench = await fileBench(folder, {
    beforeWrite: death.beforeWrite,
    lookAt: () => (death.isDead ? 'dead' : 'alive'),
  })
  const { act, look } = await one.prepare(bench)
  const before = await look(bench.store, folder)
  death.in(at)
  const isAnswered = await act().then(
    () => true,
    () => false,
  )
  const { isDead } = death
  const points = [...death.points]
  // The next process has to find the lock of a dead one.
  if (!isDead) death.in(-1)
  // One that dies while it puts things right leaves no more to the one after it.
  const second = new Death()
  const beforeWrite = second.beforeWrite
  const dying = await openFileStore({ path: folder, lookAt: () => 'dead', beforeWrite })
  second.in(at % 3)
  await dying.ensureProject({ name: 'dying', path: '/next' }).catch(() => undefined)
  second.in(-1)
  const next = await openFileStore({ path: folder, lookAt: () => 'dead' })
  await next.ensureProject({ name: 'next', path: '/next' })
  const after = await look(next, folder)
  await next.ensureProject({ name: 'next again', path: '/next' })
  expect(readdirSync(join(folder, '.holdfast', 'redo'))).toEqual([])
  await next.close()
  await dying.close()
  return { before, after, isAnswered, isDead, points }
}

describe('every crash point', () => {
  test.each(cases)('[FS4] $name', async (one) => {
    const calm = await dieAt(one, 1000)
    expect(calm.isDead).toBe(false)
    expect(calm.after).not.toBe(calm.before)
    const seen = new Set<string>()
    for (let at = 0; at < calm.points.length; at++) {
      const { before, after, isAnswered, points } = await dieAt(one, at)
      const where = `before ${points.at(at)}`
      expect([where, [before, calm.after]]).toEqual([where, expect.arrayContaining([after])])
      if (isAnswered) expect([where, after]).toEqual([where, calm.after])
      seen.add(after)
    }
    // Both were seen: a crash early enough leaves nothing, a late one everything.
    expect(seen).toContain(calm.after)
    expect(seen.size).toBe(2)
  })
})
