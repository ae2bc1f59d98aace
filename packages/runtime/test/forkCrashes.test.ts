import { execFileSync } from 'node:child_process'
import {
  crashingStore,
  createTestEngine,
  TestClock,
  type CrashPlan,
  type TestEngine,
} from '@holdfast/engine/testing'
import { openStore } from '@holdfast/store'
import type { IWorkflowStore, WorkflowRunRow } from '@holdfast/store/contract'
import { createWorkflow, isTerminal } from '@holdfast/workflow-sdk'
import { createWorkspacePort } from '@holdfast/workspace'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryProject } from './project.ts'
import { eventually } from './support/workers.ts'

const git = (cwd: string, ...args: string[]): string[] =>
  execFileSync('git', args, { cwd, encoding: 'utf8' }).trimEnd().split('\n')

/** Two steps that write; the second one is where the fork begins. */
const two = createWorkflow({ name: 'two' }, async (ctx) => {
  await ctx.shell('echo a > a.txt', { name: 'a' })
  const { stdout } = await ctx.shell('cat a.txt && echo b > b.txt && git branch --show-current', {
    name: 'b',
  })
  return stdout.split('\n')[0]
})

/** A store that the end of one process does not close. */
const shared = (store: IWorkflowStore): IWorkflowStore =>
  new Proxy(store, {
    get: (target, name) => {
      if (name === 'close') return async () => {}
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    },
  })

/** The run once it is over; git works in real time. */
const over = (store: IWorkflowStore, id: string): Promise<WorkflowRunRow> =>
  eventually('the run is over', async () => {
    const run = await store.getWorkflowRun(id)
    return isTerminal(run.status) ? run : null
  })

test(
  '[EF8] a fork that is begun twice is one, wherever the process that makes it dies: at each write up to its workspace',
  { timeout: 180_000 },
  async () => {
    const root = temporaryProject({ '.gitignore': '.agent/\n' }, { git: true })
    const clock = new TestClock(Date.now())
    const truth = await openStore('sqlite::memory:', { now: () => clock.now() })
    onTestFinished(() => truth.close())
    const engineOn = (store: IWorkflowStore): Promise<TestEngine> =>
      createTestEngine({
        openStore: () => store,
        workflows: [two],
        workspace: createWorkspacePort(),
        projectPath: root,
        clock,
      })
    const calm = await engineOn(shared(truth))
    const original = await calm.start(two, {}, { workspace: 'worktree' })
    await over(truth, original.id)
    await calm.close()
    const before = await original.journal()

    let count = 0
    /** Forks in a process that dies by the plan, and again in the next one. Answers the writes of the first. */
    const forkTwice = async (plan: CrashPlan | null): Promise<readonly string[]> => {
      const id = `019a0000-0000-7000-8000-${String(++count).padStart(12, '0')}`
      const crash = crashingStore(shared(truth), plan)
      const first = await engineOn(crash.store)
      const made = first.engine.fork(original.id, { by: null, from: 'b', id })
      await Promise.race([crash.crashed, made.then(() => over(truth, id))])
      const second = await engineOn(shared(truth))
      await second.engine.fork(original.id, { by: null, from: 'b', id })
      expect(await over(truth, id)).toMatchObject({ status: 'completed', output: 'a' })
      expect((await second.run(id).steps()).map(({ name, status }) => [name, status])).toEqual([
        ['a', 'completed'],
        ['b', 'completed'],
      ])
      await second.close()
      // The project, the original, and one for each fork.
      expect(git(root, 'worktree', 'list')).toHaveLength(2 + count)
      if (plan === null) await first.close()
      return crash.writes
    }
    const writes = await forkTwice(null)
    expect(writes).toEqual(expect.arrayContaining(['createWorkflowRun', 'claimDueRuns', 'appendAsOwner']))
    // What comes after the workspace is there is a run like any other (EO3).
    for (let at = 0; at < 3; at++)
      for (const when of ['before', 'after'] as const)
        if (when === 'after' || writes[at] !== 'claimDueRuns') await forkTwice({ at, when })
    expect(await truth.listWorkflowEvents({ runId: original.id })).toEqual(before)
  },
)
