import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { holdfastOn } from './open.ts'
import { template, temporaryProject } from './project.ts'
import { eventually, fileAt, outsideFolder, workerProcess } from './support/workers.ts'

const SHORT = { leaseDurationMs: 900, heartbeatIntervalMs: 200, pollIntervalMs: 100 }
/** More than three leases. */
const BLOCK_MS = 3000

/** A step that does not let go of the thread of its worker, and one after it. */
const BLOCKS = `import { appendFileSync } from 'node:fs'
import { createWorkflow } from 'holdfast'

export default createWorkflow({ name: 'blocks' }, async (ctx) => {
  const { log } = ctx.input as { log: string }
  await ctx.run('block', () => {
    appendFileSync(log, process.pid + ' begins\\n')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${BLOCK_MS})
    appendFileSync(log, process.pid + ' ends\\n')
  }, { onInterrupted: 'retry' })
  return ctx.run('after', () => process.pid)
})
`

function project(): string {
  return temporaryProject(
    {
      [template('blocks')]: BLOCKS,
      '.gitignore': '.agent/holdfast.db*\n.agent/workflows/executions/\n.agent/workflows/.cache/\n',
    },
    { git: true },
  )
}

test('[EO2] a step that blocks the event loop for much longer than the lease keeps its run', async () => {
  const log = join(outsideFolder(), 'log')
  const root = project()
  const holdfast = await holdfastOn(root)
  const first = await workerProcess(root, { settings: SHORT })
  const run = await holdfast.start('blocks', { log })
  await fileAt(log)
  const second = await workerProcess(root, { settings: SHORT })
  expect(await run.output()).toBe(first.process.pid)
  expect(readFileSync(log, 'utf8')).toBe(`${first.process.pid} begins\n${first.process.pid} ends\n`)
  const journal = await holdfast.store.listWorkflowEvents({ runId: run.id })
  expect(journal.filter((event) => event.type === 'run.resumed')).toEqual([])
  expect((await holdfast.store.listWorkers()).map((worker) => worker.id).toSorted()).toEqual(
    [first.id, second.id].toSorted(),
  )
})

test('[EO2, EO6] a frozen worker loses its run when its lease is over, and writes nothing when it wakes', async () => {
  const log = join(outsideFolder(), 'log')
  const root = project()
  const holdfast = await holdfastOn(root)
  const first = await workerProcess(root, { settings: SHORT })
  const run = await holdfast.start('blocks', { log })
  await fileAt(log)
  // Every thread of it stands still, also the one that renews. Before the other starts: that may take longer than the step.
  first.process.kill('SIGSTOP')
  const second = await workerProcess(root, { settings: SHORT })
  expect(await run.output()).toBe(second.process.pid)
  const last = await holdfast.store.lastSequence(run.id)
  first.process.kill('SIGCONT')
  await eventually('the first has woken and ended its step', () =>
    readFileSync(log, 'utf8').includes(`${first.process.pid} ends`),
  )
  // It still works, and has let go of the lost run: what it claims now it can finish.
  await second.kill()
  const next = await holdfast.start('blocks', { log })
  expect(await next.output()).toBe(first.process.pid)
  expect(await holdfast.store.lastSequence(run.id)).toBe(last)
})
