import { createWorkflow } from '@holdfast/workflow-sdk'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { holdfastOn } from './open.ts'
import { temporaryProject } from './project.ts'

const WORK = createWorkflow({ name: 'work' }, async () => 'done')

test('[RT1] a start in a dirty tree is refused and leaves no run behind', async () => {
  const root = temporaryProject({}, { git: true })
  const holdfast = await holdfastOn(root)
  await holdfast.worker()
  const before = await holdfast.start(WORK, {}, { id: '01900000-0000-7000-8000-000000000001' })
  expect(await before.output()).toBe('done')
  writeFileSync(join(root, 'changed.txt'), 'x')

  await expect(holdfast.start(WORK)).rejects.toMatchObject({
    code: 'WORKSPACE_DIRTY',
    details: { files: ['changed.txt'] },
  })
  expect((await holdfast.store.listWorkflowRuns({})).items).toMatchObject([{ id: before.id }])
  const elsewhere = await holdfast.start(WORK, {}, { workspace: 'worktree' })
  expect(await elsewhere.output()).toBe('done')
  expect(await (await holdfast.start(WORK, {}, { allowDirty: true })).output()).toBe('done')
  // The run that this id belongs to has begun long ago; what the tree is like now is not its business.
  expect((await holdfast.start(WORK, {}, { id: before.id })).id).toBe(before.id)
})

test('[RT1] a repeated start under a key that exists answers its run, also in a tree that is dirty meanwhile', async () => {
  const root = temporaryProject({}, { git: true })
  const holdfast = await holdfastOn(root)
  await holdfast.worker()
  const key = { idempotencyKey: 'delivery-7' }
  const first = await holdfast.start(WORK, { n: 1 }, key)
  expect(await first.output()).toBe('done')
  writeFileSync(join(root, 'changed.txt'), 'x')
  expect((await holdfast.start(WORK, { n: 1 }, key)).id).toBe(first.id)
  await expect(holdfast.start(WORK, { n: 2 }, key)).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' })
  await expect(holdfast.start(WORK, { n: 1 }, { idempotencyKey: 'new' })).rejects.toMatchObject({
    code: 'WORKSPACE_DIRTY',
  })

  // Another start had not made the run yet at this one's first look, and had before the tree was looked at.
  let looks = 0
  const { store } = holdfast
  const raced = await holdfastOn(root, {
    store: new Proxy(store, {
      get(target, name) {
        if (name === 'listWorkflowRuns' && looks++ === 0) return async () => ({ items: [], total: 0 })
        const member: unknown = Reflect.get(target, name)
        return typeof member === 'function' ? (member.bind(target) as unknown) : member
      },
    }),
  })
  expect((await raced.start(WORK, { n: 1 }, key)).id).toBe(first.id)
  expect(looks).toBe(2)
})

test('[RT1] of a detached start the worker finds the dirty tree, and the run fails', async () => {
  const root = temporaryProject({}, { git: true })
  const holdfast = await holdfastOn(root)
  writeFileSync(join(root, 'changed.txt'), 'x')
  const detached = await holdfast.start(WORK, {}, { detached: true })
  expect((await detached.current()).status).toBe('pending')
  await holdfast.worker()
  expect(await detached.finished()).toMatchObject({ status: 'failed', error: { code: 'WORKSPACE_DIRTY' } })
})

test('[RT1] outside of a repository nothing is started', async () => {
  const holdfast = await holdfastOn(temporaryProject())
  await expect(holdfast.start(WORK)).rejects.toMatchObject({ code: 'NOT_A_GIT_REPOSITORY' })
  expect((await holdfast.store.listWorkflowRuns({})).items).toEqual([])
})
