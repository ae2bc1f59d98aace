import { existsSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { createWorkflow } from '@holdfast/workflow-sdk'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Holdfast } from '../src/index.ts'
import { holdfastOn } from './open.ts'
import { temporaryProject } from './project.ts'
import { eventually } from './support/workers.ts'

const opened = async (): Promise<{ root: string; holdfast: Holdfast }> => {
  const root = temporaryProject({ '.gitignore': '.agent/\n' }, { git: true })
  const holdfast = await holdfastOn(root, { settings: { parkAfterMs: 20 } })
  await holdfast.worker()
  return { root, holdfast }
}

test('[EF5, EF9] a run that still works is forked, with its children as they were; both come to their ends', async () => {
  const { holdfast } = await opened()
  const kid = createWorkflow({ name: 'kid' }, async (ctx) => ctx.run('play', () => 'played'))
  const going = Promise.withResolvers<void>()
  const work = createWorkflow({ name: 'work' }, async (ctx) => {
    const played = await ctx.child(kid, {})
    await ctx.files.write('a.txt', played, { name: 'a' })
    await ctx.run('slow', () => going.promise)
    return ctx.files.read('a.txt', { name: 'read' })
  })
  await holdfast.register(kid)
  const run = await holdfast.start(work)
  await eventually('it works', async () =>
    (await holdfast.store.listWorkflowSteps(run.id)).some(
      ({ name, status }) => name === 'slow' && status === 'running',
    ),
  )
  const fork = await holdfast.fork(run.id, { from: 'slow' })
  expect(fork.plan).toMatchObject({
    verdict: 'same',
    reuse: [{ key: 'kid' }, { key: 'a' }],
    next: [{ key: 'slow' }],
  })
  going.resolve()
  expect([await fork.output(), await run.output()]).toEqual(['played', 'played'])
  // The child was not started again.
  const { items } = await holdfast.store.listWorkflowRuns({ workflowName: 'kid' })
  expect(items).toHaveLength(1)
})

test('[ER4, EF6] where the workspace is gone a retry has the files that git kept, and says so; without any it is refused', async () => {
  const { holdfast, root } = await opened()
  const work = createWorkflow({ name: 'work', retry: { maxAttempts: 1 } }, async (ctx) => {
    await ctx.files.write('a.txt', 'kept', { name: 'a' })
    await ctx.shell('git rev-parse --verify HEAD~9', { name: 'fails' })
  })
  for (const workspace of ['worktree', 'temporary'] as const) {
    const run = await holdfast.start(work, {}, { workspace })
    expect(await run.finished()).toMatchObject({ status: 'failed' })
    const { workspace_path: path } = await run.current()
    rmSync(resolve(root, path ?? ''), { recursive: true })
    if (workspace === 'temporary') {
      // What git kept of a clone went with it.
      await expect(holdfast.fork(run.id, { from: 'fails' })).rejects.toMatchObject({
        code: 'CHECKPOINT_MISSING',
      })
      await expect(holdfast.retry(run.id)).rejects.toMatchObject({ code: 'CHECKPOINT_MISSING' })
      continue
    }
    const made = await holdfast.retry(run.id)
    expect(made.notes).toEqual([expect.stringContaining('is gone; the files come from what git kept')])
    expect(await made.finished()).toMatchObject({ status: 'failed', error: { code: 'COMMAND_FAILED' } })
    const { workspace_path: own } = await made.current()
    expect(own).not.toBe(path)
    expect(existsSync(resolve(root, own ?? '', 'a.txt'))).toBe(true)
  }
})

test('[EF10] outputs and inputs with which the code cannot come to the step are refused before there is a run', async () => {
  const { holdfast } = await opened()
  const input = z.object({ kind: z.enum(['small', 'large']) })
  const work = createWorkflow({ name: 'work', input }, async (ctx) => {
    const { title } = await ctx.run('plan', () => ({ title: 'one' }))
    if (ctx.input.kind === 'large') await ctx.sleep('1s', { name: 'prepare' })
    else await ctx.run('prepare', () => title.length)
    return ctx.run('build', () => title)
  })
  const run = await holdfast.start(work, { kind: 'small' })
  await run.output()
  const refused = async (more: object, code: string, says: RegExp): Promise<void> =>
    await expect(holdfast.fork(run.id, { from: 'build', ...more })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(says),
    })
  await refused({ outputs: { plan: null } }, 'REPLAY_DIVERGED', /comes to "prepare".*title/s)
  await refused({ outputs: { plan: { title: Number.NaN } } }, 'STEP_OUTPUT_NOT_SERIALIZABLE', /title/)
  await refused({ outputs: { build: 1 } }, 'STEP_NOT_FOUND', /begun no step "build"/)
  await refused({ outputs: { other: 1 } }, 'STEP_NOT_FOUND', /other/)
  await refused({ input: { kind: 'huge' } }, 'INPUT_INVALID', /kind/)
  await refused({ input: { kind: 'large' } }, 'REPLAY_DIVERGED', /at prepare/)
  expect((await holdfast.store.listWorkflowRuns({})).items).toHaveLength(1)
  const fork = await holdfast.fork(run.id, { from: 'build', outputs: { plan: { title: 'two' } } })
  expect(await fork.output()).toBe('two')
})
