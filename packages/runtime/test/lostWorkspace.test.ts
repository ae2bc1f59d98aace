import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { createWorkflow } from '@holdfast/workflow-sdk'
import { onTestFinished, expect, test } from 'vitest'
import { holdfastOn } from './open.ts'
import { temporaryProject } from './project.ts'
import type { Holdfast } from '../src/index.ts'
import { eventually } from './support/workers.ts'

const IGNORED = '.agent/holdfast.db*\n.agent/workflows/executions/\n.agent/workflows/.cache/\n'
const SOON = { pollIntervalMs: 20, parkAfterMs: 0, workspaceLostAfterMs: 50 }

let executed = 0
const waits = createWorkflow({ name: 'waits' }, async (ctx) => {
  executed++
  await ctx.waitForEvent('go')
  return 'done'
})

/** A run that is parked, as if its workspace lay on another host. */
async function runElsewhere(place: string) {
  const root = temporaryProject({ '.gitignore': IGNORED }, { git: true })
  const holdfast = await holdfastOn(root, { settings: SOON })
  await holdfast.worker()
  const run = await holdfast.start(waits)
  await eventually('it waits', async () => (await run.current()).status === 'waiting')
  const host = (await run.current()).host_id
  const database = new DatabaseSync(join(root, '.agent/holdfast.db'))
  onTestFinished(() => database.close())
  const moveTo = (to: string | null): void =>
    void database.prepare('update workflow_runs set host_id = ? where id = ?').run(to, run.id)
  moveTo(place)
  executed = 0
  return { root, holdfast, run, host, moveTo }
}

async function question(holdfast: Holdfast, runId: string): Promise<string> {
  const found = await eventually('it asks', async () => {
    const [open] = await holdfast.store.listApprovals({ runId, status: 'open' })
    return open?.kind === 'workspace-lost' ? open.id : null
  })
  await eventually(
    'it is parked',
    async () => (await holdfast.store.getWorkflowRun(runId)).status === 'waiting',
  )
  return found
}

test('[EQ5] a run whose place has no worker asks, waits on, and ends when it is given up', async () => {
  const { holdfast, run } = await runElsewhere('gone')
  await holdfast.engine.send(run.id, { by: null, name: 'go', data: null })
  const first = await question(holdfast, run.id)
  expect((await run.current()).waiting_for).toMatchObject({ reason: 'workspace-lost' })
  await holdfast.engine.answer(run.id, { by: 'ann', approved: true, answer: 'wait' })
  const second = await question(holdfast, run.id)
  expect(second).not.toBe(first)
  await holdfast.engine.answer(run.id, { by: 'ann', approved: false, answer: 'fail' })
  expect(await run.finished()).toMatchObject({ status: 'failed', error: { code: 'WORKSPACE_LOST' } })
  expect(executed).toBe(0)
})

test('[EQ5] a run goes on by itself when a worker of its place starts, and the question is withdrawn', async () => {
  const { root, holdfast, run, host, moveTo } = await runElsewhere('gone')
  await holdfast.engine.send(run.id, { by: null, name: 'go', data: null })
  const asked = await question(holdfast, run.id)
  await holdfast.close()
  moveTo(host)
  const back = await holdfastOn(root, { settings: SOON })
  await back.register(waits)
  await back.worker()
  const handle = await eventually('it is over', async () => {
    const row = await back.store.getWorkflowRun(run.id)
    return row.status === 'completed' ? row : null
  })
  expect(handle.output).toBe('done')
  const [approval] = await back.store.listApprovals({ runId: run.id })
  expect(approval).toMatchObject({ id: asked, status: 'withdrawn' })
})

test('[EQ5] cancelled while its place is gone it ends without a clean-up', async () => {
  const { holdfast, run } = await runElsewhere('gone')
  await holdfast.engine.cancel(run.id, { by: 'ann' })
  expect(await run.finished()).toMatchObject({ status: 'cancelled', error: { code: 'WORKSPACE_LOST' } })
  expect(executed).toBe(0)
})

test('[EQ5] a host of the same group goes on with it', async () => {
  const root = temporaryProject(
    {
      '.gitignore': IGNORED,
      'holdfast.config.ts': "export default { worker: { workspaceGroup: 'farm' } }\n",
    },
    { git: true },
  )
  const holdfast = await holdfastOn(root, { settings: SOON })
  await holdfast.worker()
  const run = await holdfast.start(waits)
  await eventually('it waits', async () => (await run.current()).status === 'waiting')
  expect((await run.current()).host_id).toBe('group:farm')
  expect(await holdfast.store.listWorkers()).toMatchObject([{ workspace_group: 'farm' }])
  await holdfast.engine.send(run.id, { by: null, name: 'go', data: null })
  expect(await run.output()).toBe('done')
})
