import { createWorkflow, type ApproveOptions } from '@holdfast/workflow-sdk'
import { expect, test } from 'vitest'
import type { Holdfast, RunHandle } from '../src/index.ts'
import { holdfastOn } from './open.ts'
import { put, temporaryProject } from './project.ts'
import { eventually } from './support/workers.ts'

const FILES = {
  'a.txt': 'one\n',
  '.gitignore': '.agent/holdfast.db*\n.agent/workflows/executions/\n.agent/workflows/.cache/\n',
}

const shipping = (options: Partial<ApproveOptions>) =>
  createWorkflow({ name: 'ship' }, async (ctx) => {
    await ctx.files.write('made.txt', 'made\n')
    const { approved, by } = await ctx.approve({
      name: 'ship',
      title: 'Ship it?',
      body: 'All green.',
      ...options,
    })
    if (approved) await ctx.files.write('shipped.txt', 'shipped\n')
    await ctx.waitForEvent('go')
    return { approved, by }
  })

/** The open question, once the run is parked at it. */
async function asked(holdfast: Holdfast, run: RunHandle, revision: number) {
  return await eventually(`revision ${revision} is asked`, async () => {
    const [open] = await holdfast.store.listApprovals({ runId: run.id, status: 'open' })
    return open?.revision === revision && (await run.current()).status === 'waiting' ? open : null
  })
}

const answer = (holdfast: Holdfast, run: RunHandle, more: object = {}) =>
  holdfast.engine.answer(run.id, { approved: true, by: 'ann', ...more })

test('[EW9] a yes counts for the files that were shown: others are asked about anew, a delivered one stays', async () => {
  const root = temporaryProject(FILES, { git: true })
  const settings = { parkAfterMs: 0, pollIntervalMs: 20 }
  const holdfast = await holdfastOn(root, { settings })
  let worker = await holdfast.worker()
  const run = await holdfast.start(shipping({ showDiff: true }))
  const first = await asked(holdfast, run, 1)
  expect(first.body).toMatch(
    /^All green\.\n\nChanges of the run:\n\n- made\.txt \(\+1 −0\)\n\n```diff\n.*\+made\n```$/s,
  )
  expect(first.bound_to).toMatchObject({ covers: 'tree', fingerprint: first.bound_to?.treeId })

  put(root, 'a.txt', 'two\n')
  await expect(answer(holdfast, run)).rejects.toMatchObject({
    code: 'APPROVAL_CHANGED',
    message: expect.stringContaining('has changed since it was shown: a.txt. The answer was not counted'),
    details: { files: ['a.txt'], revision: 1 },
  })
  const second = await asked(holdfast, run, 2)
  expect(second.body).toContain('Asked again: the files have changed since it was shown.\n\n- a.txt (+1 −1)')
  expect(second.id).toBe(first.id)

  // The yes is stored while nobody works; the files change before anybody looks at it.
  await worker.stop()
  await answer(holdfast, run, { revision: 2 })
  put(root, 'a.txt', 'three\n')
  worker = await holdfast.worker()
  await asked(holdfast, run, 3)
  await answer(holdfast, run)
  await eventually('it waits for go', async () => (await run.current()).waiting_for?.reason === 'event')

  // What it guards has changed the files, and a replay does not ask about that.
  await worker.stop()
  put(root, 'a.txt', 'four\n')
  await holdfast.worker()
  await holdfast.engine.send(run.id, { by: null, name: 'go', data: null })
  expect(await run.output()).toEqual({ approved: true, by: 'ann' })
  const journal = await holdfast.store.listWorkflowEvents({ runId: run.id })
  const told = journal.flatMap(({ type, payload }) =>
    type.startsWith('approval.') ? [`${type} ${'revision' in payload ? payload.revision : ''}`] : [],
  )
  expect(told).toEqual([
    'approval.requested 1',
    'approval.requested 2',
    'approval.answered 2',
    'approval.requested 3',
    'approval.answered 3',
    'approval.confirmed 3',
  ])
})

test('[EW9, EW10] paths cover themselves alone; after three changes a person says whether to ask on', async () => {
  const root = temporaryProject(FILES, { git: true })
  const holdfast = await holdfastOn(root, { settings: { parkAfterMs: 0, pollIntervalMs: 20 } })
  await holdfast.worker()
  const run = await holdfast.start(shipping({ covers: ['a.txt', 'lib'] }))
  await asked(holdfast, run, 1)
  for (const [revision, path] of [
    [2, 'a.txt'],
    [3, 'lib/new.ts'],
    [4, 'lib/deep/er.ts'],
  ] as const) {
    put(root, path, `${revision}\n`)
    await holdfast.engine.resume(run.id, { by: 'ann' })
    await asked(holdfast, run, revision)
  }
  put(root, 'a.txt', 'again\n')
  await expect(answer(holdfast, run)).rejects.toMatchObject({ code: 'APPROVAL_CHANGED' })
  const restless = await eventually('a person is asked', async () =>
    (await holdfast.store.listApprovals({ runId: run.id, status: 'open' })).find(
      (one) => one.kind === 'failure',
    ),
  )
  expect(restless).toMatchObject({
    choices: ['again', 'fail'],
    title: expect.stringContaining('changed 3 times'),
  })
  await answer(holdfast, run, { approvalId: restless.id, answer: 'again' })
  await asked(holdfast, run, 5)
  put(root, 'elsewhere.txt', 'not covered\n')
  await answer(holdfast, run)
  await holdfast.engine.send(run.id, { by: null, name: 'go', data: null })
  expect(await run.output()).toEqual({ approved: true, by: 'ann' })
})

test('[EW9] a no counts at once, and a run that is cancelled withdraws what it asked', async () => {
  const root = temporaryProject(FILES, { git: true })
  const holdfast = await holdfastOn(root, { settings: { parkAfterMs: 0, pollIntervalMs: 20 } })
  await holdfast.worker()
  const no = await holdfast.start(shipping({ covers: 'commit' }))
  await asked(holdfast, no, 1)
  put(root, 'a.txt', 'not committed\n')
  await answer(holdfast, no, { approved: false })
  await holdfast.engine.send(no.id, { by: null, name: 'go', data: null })
  expect(await no.output()).toEqual({ approved: false, by: 'ann' })
  const gone = await holdfast.start(shipping({ covers: 'tree' }), undefined, { allowDirty: true })
  await asked(holdfast, gone, 1)
  await holdfast.engine.cancel(gone.id, { by: 'ann' })
  expect(await gone.finished()).toMatchObject({ status: 'cancelled' })
  expect(await holdfast.store.listApprovals({ runId: gone.id })).toMatchObject([{ status: 'withdrawn' }])
})
