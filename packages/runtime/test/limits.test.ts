import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createWorkflow } from '@holdfast/workflow-sdk'
import { expect, test } from 'vitest'
import { holdfastOn } from './open.ts'
import { template, temporaryProject } from './project.ts'
import { eventually, fileAt, isRunning, outsideFolder, workerProcess } from './support/workers.ts'

const IGNORED = '.agent/holdfast.db*\n.agent/workflows/executions/\n.agent/workflows/.cache/\n'

/** A workflow that says in a file when its step begins and ends; the work takes a moment. */
const WORKS = `import { appendFileSync } from 'node:fs'
import { createWorkflow } from 'holdfast'
import { z } from 'zod'

export default createWorkflow(
  {
    name: 'works',
    input: z.object({ log: z.string(), customer: z.string() }),
    concurrency: { limit: 2, key: (input) => input.customer },
  },
  async (ctx) => {
    const { log, customer } = ctx.input
    const work = async (name: string) => ctx.run(name, async () => {
      appendFileSync(log, '+ ' + customer + ' ' + process.pid + '\\n')
      await new Promise((resolve) => setTimeout(resolve, 250))
      appendFileSync(log, '- ' + customer + ' ' + process.pid + '\\n')
    })
    await work('first')
    await ctx.sleep(20)
    await work('second')
  },
)
`

test('[EQ1] several worker processes never have more of a key in hand than its limit', async () => {
  const log = join(outsideFolder(), 'log')
  const root = temporaryProject({ [template('works')]: WORKS, '.gitignore': IGNORED }, { git: true })
  const holdfast = await holdfastOn(root)
  const settings = { parkAfterMs: 0 }
  await Promise.all([1, 2, 3].map(() => workerProcess(root, { settings })))
  const runs = []
  for (let i = 0; i < 8; i++)
    runs.push(await holdfast.start('works', { log, customer: i % 4 === 0 ? 'bob' : 'ann' }))
  for (const run of runs) expect((await run.finished()).status).toBe('completed')
  const lines = readFileSync(log, 'utf8').trim().split('\n')
  expect(lines).toHaveLength(8 * 4)
  const inside = { ann: 0, bob: 0 }
  const most = { ann: 0, bob: 0 }
  for (const line of lines) {
    const [sign, customer] = line.split(' ') as ['+' | '-', 'ann' | 'bob']
    inside[customer] += sign === '+' ? 1 : -1
    most[customer] = Math.max(most[customer], inside[customer])
  }
  expect(Math.max(most.ann, most.bob)).toBeLessThanOrEqual(2)
  expect(new Set(lines.map((line) => line.split(' ')[2])).size).toBeGreaterThan(1)
})

const SHORT = { leaseDurationMs: 900, heartbeatIntervalMs: 200, pollIntervalMs: 100 }

/** A command that never ends the first time, and at once the second time. */
const HANGS = `import { createWorkflow } from 'holdfast'

export default createWorkflow({ name: 'hangs', concurrency: { limit: 1 } }, async (ctx) => {
  const { pids } = ctx.input as { pids: string }
  await ctx.shell('echo $$ >> ' + pids + '; [ $(wc -l < ' + pids + ') -gt 1 ] || exec sleep 600')
  return ctx.run('after', () => process.pid)
})
`

test('[EO5, EO6] a frozen worker loses its run and its place, its command is ended, and awake it writes nothing', async () => {
  const pids = join(outsideFolder(), 'pids')
  const root = temporaryProject({ [template('hangs')]: HANGS, '.gitignore': IGNORED }, { git: true })
  const holdfast = await holdfastOn(root)
  const first = await workerProcess(root, { settings: SHORT })
  const run = await holdfast.start('hangs', { pids })
  await fileAt(pids)
  const command = await eventually('the command said its pid', () => Number(readFileSync(pids, 'utf8')))
  first.process.kill('SIGSTOP')
  const second = await workerProcess(root, { settings: SHORT })
  expect(await run.output()).toBe(second.process.pid)
  expect(isRunning(command)).toBe(false)
  const last = await holdfast.store.lastSequence(run.id)
  await second.kill()
  first.process.kill('SIGCONT')
  // It registers anew and works on; the key that its lost run held has room.
  const next = await holdfast.start('hangs', { pids })
  expect(await next.output()).toBe(first.process.pid)
  expect(await holdfast.store.lastSequence(run.id)).toBe(last)
  expect(existsSync(pids)).toBe(true)
})

test('[EQ3] a start that is sent again finds its run, also when that has changed the tree meanwhile', async () => {
  const root = temporaryProject({ '.gitignore': IGNORED }, { git: true })
  const holdfast = await holdfastOn(root)
  await holdfast.worker()
  const w = createWorkflow({ name: 'w', singleton: {} }, async (ctx) => {
    await ctx.files.write('made.txt', 'made')
    await ctx.waitForEvent('go')
  })
  const options = { idempotencyKey: 'delivery-7' }
  const run = await holdfast.start(w, {}, options)
  await eventually('it waits', async () => (await run.current()).status === 'waiting')
  expect((await holdfast.start(w, {}, options)).id).toBe(run.id)
  expect((await holdfast.start(w)).id).toBe(run.id)
  await holdfast.engine.kill(run.id, { by: null })
  expect((await holdfast.start(w, {}, options)).id).toBe(run.id)
  await expect(holdfast.start(w)).rejects.toMatchObject({ code: 'WORKSPACE_DIRTY' })
})
