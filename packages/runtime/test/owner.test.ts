import { join } from 'node:path'
import { expect, test } from 'vitest'
import { executionView, ownersOf } from '../src/index.ts'
import { holdfastOn } from './open.ts'
import { template, temporaryProject } from './project.ts'
import { eventually, fileAt, outsideFolder, workerProcess } from './support/workers.ts'

/** A step that waits for the end of its worker. */
const STAYS = `import { writeFileSync } from 'node:fs'
import { createWorkflow } from 'holdfast'

export default createWorkflow({ name: 'stays' }, async (ctx) => {
  const { log } = ctx.input as { log: string }
  await ctx.run('stay', ({ signal }) => {
    writeFileSync(log, 'begun')
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  })
})
`

test('[RT21] a running run tells who executes it: a worker that is there, is silent, is gone, or none', async () => {
  const log = join(outsideFolder(), 'log')
  const root = temporaryProject(
    {
      [template('stays')]: STAYS,
      '.gitignore': '.agent/holdfast.db*\n.agent/workflows/executions/\n.agent/workflows/.cache/\n',
    },
    { git: true },
  )
  const holdfast = await holdfastOn(root)
  const { store } = holdfast
  const run = await holdfast.start('stays', { log })
  const owner = async (now?: number) => (await executionView(store, run.id, now)).owner
  // Not started: nobody has to execute it yet.
  expect(await owner()).toBe(null)

  const first = await workerProcess(root)
  await fileAt(log)
  const working = await owner()
  expect(working).toMatchObject({
    state: 'working',
    worker_id: first.id,
    pid: first.process.pid,
    detail: `Process ${first.process.pid} executes it.`,
  })
  expect(await owner(Date.parse(working!.renewed_at!) + 60_000)).toMatchObject({
    state: 'silent',
    worker_id: first.id,
  })

  await first.kill()
  expect(await store.getWorkflowRun(run.id)).toMatchObject({ status: 'running' })
  expect(await owner()).toMatchObject({
    state: 'gone',
    worker_id: first.id,
    detail: `Its worker (process ${first.process.pid}) is gone; the next one takes it over.`,
  })
  const all = await ownersOf(store, [await run.current()], Date.now())
  expect(all.get(run.id)).toEqual(await owner())

  const second = await workerProcess(root)
  await eventually('the second has taken it over', async () => (await owner())?.worker_id === second.id)
  expect(await owner()).toMatchObject({ state: 'working', pid: second.process.pid })
  second.process.kill('SIGTERM')
  await eventually('the second has handed it back', async () => (await owner())?.state === 'none')
  expect(await owner()).toMatchObject({ worker_id: null, pid: null })
  await holdfast.engine.kill(run.id, { by: null })
  expect(await owner()).toBe(null)
})
