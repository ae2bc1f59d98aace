import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Holdfast, RunHandle } from '../src/index.ts'
import { holdfastOn } from './open.ts'
import { put, template, temporaryProject } from './project.ts'
import { eventually } from './support/workers.ts'

const PARKS_SOON = { settings: { parkAfterMs: 20 } }
const HELPER = '.agent/workflows/lib/label.ts'
const helper = (version: string): string =>
  `export const label = (step: string): string => step + ' of ${version}'\n`

/** The workflow with these lines before and after its wait. */
const text = (before: string, after: string): string => `import { createWorkflow } from 'holdfast'
import { label } from '../lib/label.ts'

export default createWorkflow({ name: 'w' }, async (ctx) => {
  const said: string[] = []
  const say = async (name: string, input?: unknown) => {
    said.push(await ctx.run(name, () => label(name), input === undefined ? {} : { input }))
  }
  ${before}
  await ctx.waitForEvent('go')
  ${after}
  return said
})
`

const V1 = text("await say('first'); await say('removed'); await say('kept')", "await say('last')")
const V2 = text(
  "await say('first'); await say('added'); await say('kept')",
  "await say('added after'); await say('last')",
)
const V3 = text("await say('first', { changed: true }); await say('kept')", "await say('last')")

function project(): string {
  return temporaryProject(
    {
      [template('w')]: V1,
      [HELPER]: helper('v1'),
      '.gitignore': '.agent/holdfast.db*\n.agent/workflows/executions/\n.agent/workflows/.cache/\n',
    },
    { git: true },
  )
}

async function parked(holdfast: Holdfast): Promise<RunHandle> {
  const run = await holdfast.start('w', {}, { allowDirty: true })
  await waiting(run)
  return run
}

async function waiting(run: RunHandle): Promise<void> {
  await eventually('the run waits for its event', async () => {
    const row = await run.current()
    return row.status === 'waiting' && row.waiting_for?.reason === 'event'
  })
}

async function edit(holdfast: Holdfast, root: string, workflow: string, version: string): Promise<number> {
  put(root, template('w'), workflow)
  put(root, HELPER, helper(version))
  expect((await holdfast.discover()).problems).toEqual([])
  const row = await holdfast.store.findWorkflow(holdfast.project.id, 'w')
  return row?.version ?? 0
}

const go = (holdfast: Holdfast, run: RunHandle) =>
  holdfast.engine.send(run.id, { by: 'test', name: 'go', data: null })
const names = async (holdfast: Holdfast, run: RunHandle) =>
  (await holdfast.store.listWorkflowSteps(run.id)).map((step) => step.name)

test('a parked run goes on with its own version of workflow and helper, also after a restart and without the files', async () => {
  const root = project()
  const first = await holdfastOn(root, PARKS_SOON)
  await first.worker()
  const run = await parked(first)
  const other = await parked(first)
  expect(await edit(first, root, V2, 'v2')).toBe(2)
  await go(first, run)
  const own = ['first of v1', 'removed of v1', 'kept of v1', 'last of v1']
  expect(await run.output()).toEqual(own)

  const young = await parked(first)
  await go(first, young)
  expect(await young.output()).toEqual(
    ['first', 'added', 'kept', 'added after', 'last'].map((name) => `${name} of v2`),
  )
  await first.close()

  rmSync(join(root, '.agent/workflows/templates'), { recursive: true })
  rmSync(join(root, '.agent/workflows/lib'), { recursive: true })
  rmSync(join(root, '.agent/workflows/.cache'), { recursive: true })
  const second = await holdfastOn(root, PARKS_SOON)
  await second.worker()
  await go(second, other)
  await eventually('the run is over', async () => {
    const row = await second.store.getWorkflowRun(other.id)
    return row.status !== 'waiting' && row.status !== 'running'
  })
  expect(await second.store.getWorkflowRun(other.id)).toMatchObject({
    status: 'completed',
    output: own,
    workflow_version: 1,
  })
})

test('a helper that alone is edited makes a version too', async () => {
  const root = project()
  const holdfast = await holdfastOn(root, PARKS_SOON)
  await holdfast.worker()
  const run = await parked(holdfast)
  expect(await edit(holdfast, root, V1, 'v2')).toBe(2)
  const young = await parked(holdfast)
  await go(holdfast, run)
  await go(holdfast, young)
  expect((await run.output()) as string[]).toContain('last of v1')
  expect((await young.output()) as string[]).toContain('first of v2')
})

test('a run that is upgraded keeps what is finished, runs the steps that are new, and leaves out removed ones', async () => {
  const root = project()
  const holdfast = await holdfastOn(root, PARKS_SOON)
  await holdfast.worker()
  const run = await parked(holdfast)
  const version = await edit(holdfast, root, V2, 'v2')
  await holdfast.engine.resume(run.id, { by: 'test', version })
  await eventually('the added step ran', async () => (await names(holdfast, run)).includes('added'))
  await waiting(run)
  await go(holdfast, run)
  expect(await run.output()).toEqual([
    'first of v1',
    'added of v2',
    'kept of v1',
    'added after of v2',
    'last of v2',
  ])
  expect(await run.current()).toMatchObject({ workflow_version: version })
  expect(await names(holdfast, run)).toEqual(['first', 'removed', 'kept', 'added', 'added after', 'last'])
})

test('[EL4] a run is not upgraded to a version with a changed step; it says at which, and goes on with its own', async () => {
  const root = project()
  const holdfast = await holdfastOn(root, PARKS_SOON)
  await holdfast.worker()
  const run = await parked(holdfast)
  const version = await edit(holdfast, root, V3, 'v3')
  await expect(holdfast.engine.resume(run.id, { by: 'test', version })).rejects.toMatchObject({
    code: 'REPLAY_DIVERGED',
    message: expect.stringMatching(/did "run" at first, but its code now asks for "run:[0-9a-f]{16}"/),
    details: { key: 'first', at: expect.stringMatching(/w\.ts:\d+:\d+$/) },
  })
  await go(holdfast, run)
  expect((await run.output()) as string[]).toContain('last of v1')
  expect(await names(holdfast, run)).toEqual(['first', 'removed', 'kept', 'last'])
})

test('a run is not moved to a version that does not exist', async () => {
  const root = project()
  const holdfast = await holdfastOn(root, PARKS_SOON)
  await holdfast.worker()
  const run = await parked(holdfast)
  await expect(holdfast.engine.resume(run.id, { by: 'test', version: 7 })).rejects.toMatchObject({
    code: 'RECORD_NOT_FOUND',
  })
  await go(holdfast, run)
  expect((await run.output()) as string[]).toContain('last of v1')
})
