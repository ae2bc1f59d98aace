import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createWorkflow } from '@holdfast/workflow-sdk'
import { expect, test } from 'vitest'
import type { Holdfast } from '../src/index.ts'
import { holdfastOn } from './open.ts'
import { temporaryProject } from './project.ts'

const FILES = {
  'list.txt': 'one\n',
  '.gitignore': '*.log\n.agent/holdfast.db*\n.agent/workflows/executions/\n.agent/workflows/.cache/\n',
}

const git = (cwd: string, ...args: string[]): string =>
  execFileSync('git', args, { cwd, encoding: 'utf8' }).trimEnd()

/** Everything that a person sees of a repository, and every ref but those of the runs in `except`. */
const look = (root: string, except: string): string[] => [
  git(root, 'status', '--porcelain=v2', '--branch'),
  git(root, 'ls-files', '--stage'),
  git(root, 'stash', 'list'),
  git(root, 'for-each-ref')
    .split('\n')
    .filter((line) => !line.includes(except) && !line.includes('refs/heads/holdfast/'))
    .join('\n'),
]

const pathOf = async ({ store, project }: Holdfast, runId: string): Promise<string> =>
  join(project.path, (await store.getWorkflowRun(runId)).workspace_path ?? '')

/** Six steps; before the third there are an untracked file, a change and a commit. */
const six = createWorkflow({ name: 'six', workspace: 'project' }, async (ctx) => {
  const id = ctx.uuid()
  ctx.set('stage', 'begun')
  const plan = await ctx.run('plan', () => ({ title: 'first' }), {
    input: { id, at: ctx.now().toISOString() },
  })
  await ctx.shell('echo made > made.txt && echo two >> list.txt && git add list.txt && echo x > x.log', {
    name: 'prepare',
  })
  ctx.set('stage', 'prepared')
  const seen = await ctx.shell('cat made.txt list.txt && git status --porcelain=v1', { name: 'look' })
  await ctx.files.write('made.txt', `${plan.title}\n`, { name: 'change' })
  await ctx.git.commit('All of it', { name: 'commit' })
  const last = await ctx.run('last', () => [ctx.get('stage'), ctx.uuid() === id])
  return { title: plan.title, seen: seen.stdout, last }
})

test('[EF1, EF2, EF3, EF4] a fork goes on before a step with results, state and files as they were; the original stays as it is', async () => {
  const root = temporaryProject(FILES, { git: true })
  writeFileSync(join(root, 'list.txt'), 'stashed\n')
  git(root, '-c', 'user.name=t', '-c', 'user.email=t@example.org', 'stash', '--quiet')
  const holdfast = await holdfastOn(root)
  await holdfast.worker()
  const run = await holdfast.start(six)
  const output = await run.output()
  const journal = JSON.stringify(await holdfast.store.listWorkflowEvents({ runId: run.id }))

  const fork = await holdfast.fork(run.id, {
    from: 'look',
    outputs: { plan: { title: 'second' } },
    by: 'ada',
  })
  const before = look(root, fork.id)
  expect(fork.started).toMatchObject({ forked_from: run.id, previous_run_id: null, status: 'pending' })
  expect(await fork.output()).toEqual({
    title: 'second',
    // What was staged is not committed here either; ignored files are no part of a tree.
    seen: 'made\none\ntwo\n M list.txt\n?? made.txt\n',
    last: ['prepared', false],
  })
  expect(fork.plan).toMatchObject({
    reuse: [{ key: 'plan' }, { key: 'prepare' }],
    firstLive: { key: 'look', stepNumber: 3 },
    afterThat: [{ key: 'change' }, { key: 'commit' }, { key: 'last' }],
    costUsd: { known: 0, estimated: 0, unknown: 0 },
  })
  const path = await pathOf(holdfast, fork.id)
  expect(path).not.toBe(root)
  expect(readFileSync(join(path, 'made.txt'), 'utf8')).toBe('second\n')
  expect(existsSync(join(path, 'x.log'))).toBe(false)
  expect(git(path, 'log', '--format=%s')).toBe('All of it\nBegin')

  expect(look(root, fork.id)).toEqual(before)
  expect(git(root, 'log', '-1', '--format=%s')).toBe('All of it')
  expect(readFileSync(join(root, 'made.txt'), 'utf8')).toBe('first\n')
  expect(git(root, 'stash', 'list')).not.toBe('')
  expect(JSON.stringify(await holdfast.store.listWorkflowEvents({ runId: run.id }))).toBe(journal)
  expect((output as { last: unknown[] }).last[0]).toBe('prepared')

  const steps = await holdfast.store.listWorkflowSteps(fork.id)
  expect(steps.map(({ name, status, step_number }) => [step_number, name, status])).toEqual(
    ['plan', 'prepare', 'look', 'change', 'commit', 'last'].map((name, i) => [i + 1, name, 'completed']),
  )
})

test('[EF5] forks of a fork and of a run whose worktree is gone work, and two at once', async () => {
  const root = temporaryProject(FILES, { git: true })
  const holdfast = await holdfastOn(root)
  await holdfast.worker()
  const run = await holdfast.start(six, {}, { workspace: 'worktree' })
  await run.output()
  rmSync(await pathOf(holdfast, run.id), { recursive: true })
  git(root, 'worktree', 'prune')
  const forks = await Promise.all([
    holdfast.fork(run.id, { from: '4' }),
    holdfast.fork(run.id, { from: 'commit' }),
  ])
  const outputs = await Promise.all(forks.map((fork) => fork.output()))
  expect(outputs).toMatchObject([{ title: 'first' }, { title: 'first' }])
  // Everything that the first fork needs lies under its own refs.
  for (const ref of git(root, 'for-each-ref', '--format=%(refname)', `refs/holdfast/${run.id}`).split('\n'))
    git(root, 'update-ref', '-d', ref)
  await expect(holdfast.fork(run.id, { from: 'change' })).resolves.toBeDefined()
  const again = await holdfast.fork(forks[0].id, { from: 'look', outputs: { plan: { title: 'third' } } })
  expect(await again.output()).toMatchObject({ title: 'third' })
})

test('[EF6] a step without exact files is refused, and taken with the nearest ones', async () => {
  const root = temporaryProject(FILES, { git: true })
  const holdfast = await holdfastOn(root)
  await holdfast.worker()
  const both = createWorkflow({ name: 'both' }, async (ctx) => {
    await ctx.files.write('a.txt', 'a', { name: 'first' })
    await ctx.all({
      slow: (inner) => inner.shell('echo slow > slow.txt', { name: 'slow' }),
      quick: (inner) => inner.shell('echo quick > quick.txt', { name: 'quick' }),
    })
    return ctx.run('end', () => 1)
  })
  const run = await holdfast.start(both)
  await run.output()
  const steps = await holdfast.store.listWorkflowSteps(run.id)
  const quick = steps.find(({ name }) => name === 'quick')
  await expect(holdfast.fork(run.id, { from: String(quick?.step_number) })).rejects.toMatchObject({
    code: 'CHECKPOINT_MISSING',
    message: expect.stringMatching(/wrote at the same time.*--nearest/s),
  })
  const fork = await holdfast.fork(run.id, { from: String(quick?.step_number), nearest: true })
  expect(fork.notes).toEqual([expect.stringContaining('nearest')])
  await fork.output()
  await expect(holdfast.fork(run.id, { from: 'never' })).rejects.toMatchObject({
    code: 'STEP_NOT_FOUND',
    message: expect.stringContaining('1 first'),
  })
  await expect(holdfast.fork(run.id, { from: 'end', planId: 'old' })).rejects.toMatchObject({
    code: 'PLAN_CHANGED',
  })
})
