import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createWorkflow } from '@holdfast/workflow-sdk'
import { expect, onTestFinished, test } from 'vitest'
import { careOf, planPrune, prune } from '../src/index.ts'
import { dropOldTrees } from '../src/workspaces/prune.ts'
import { holdfastOn } from './open.ts'
import { temporaryProject } from './project.ts'
import { eventually } from './support/workers.ts'

const IGNORED = '.agent/holdfast.db*\n.agent/workflows/executions/\n.agent/workflows/.cache/\n'

const work = createWorkflow({ name: 'work', workspace: 'worktree' }, async (ctx) => {
  const { how } = ctx.input as { how: string }
  if (how !== 'clean') await ctx.files.write('made.txt', how)
  if (how === 'commit') await ctx.git.commit('work')
  if (how === 'wait') await ctx.waitForEvent('go')
  return ctx.workspacePath
})

test('[RT50, RT51, WS70, WS71] prune removes what is over, keeps what is used or would be lost, and with force keeps a ref', async () => {
  const root = temporaryProject({ '.gitignore': IGNORED }, { git: true })
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim()
  const holdfast = await holdfastOn(root, { settings: { parkAfterMs: 0 } })
  await holdfast.worker()
  const done = async (how: string, options = {}): Promise<string> =>
    (await (await holdfast.start(work, { how }, options)).output()) as string
  const clean = await done('clean')
  const dirty = await done('dirty')
  const gone = await done('clean')
  const clone = await done('commit', { workspace: 'temporary' })
  onTestFinished(() => rmSync(clone, { recursive: true, force: true }))
  const waiting = await holdfast.start(work, { how: 'wait' })
  await eventually('it waits', async () => (await waiting.current()).status === 'waiting')
  const active = join(root, (await waiting.current()).workspace_path!)
  rmSync(gone, { recursive: true })
  const half = join(root, '.agent/workflows/worktrees/half')
  git('worktree', 'add', '-q', '-b', 'holdfast/0123456789ab', half)
  const strange = join(root, '.agent/workflows/worktrees/strange')
  mkdirSync(strange)
  writeFileSync(join(strange, 'mine.txt'), 'mine')
  const before = Date.now() / 1000 - 7200
  for (const path of [half, strange]) utimesSync(path, before, before)
  const sleeper = spawn('sleep', ['1000'], { cwd: clean })
  onTestFinished(() => void sleeper.kill('SIGKILL'))

  const parts = careOf(holdfast)
  const how = { now: Date.now(), olderThanMs: 0, keepTreesMs: 1e9, force: false }
  const plan = await planPrune(parts, how)
  const { workspaces } = plan.list
  const stateOf = (path: string): string | undefined => workspaces.find((one) => one.path === path)?.state
  expect([clean, dirty, gone, clone, active, half, strange].map(stateOf)).toEqual([
    'busy',
    'kept',
    'lost',
    'kept',
    'active',
    'orphan',
    'orphan',
  ])
  expect(workspaces.find(({ path }) => path === dirty)).toMatchObject({
    uncommitted_files: 1,
    unpushed_commits: 0,
  })
  expect(workspaces.find(({ path }) => path === clone)?.unpushed_commits).toBe(1)
  expect(workspaces.find(({ path }) => path === clean)?.size_bytes).toBeGreaterThan(0)
  const paths = (items: typeof plan.remove): string[] =>
    items.map(({ workspace, name }) => workspace?.path ?? name)
  expect(paths(plan.remove).toSorted()).toEqual([gone, half].toSorted())
  expect(paths(plan.keep)).toEqual(expect.arrayContaining([dirty, clone, strange]))
  expect(plan.keep.map(({ loses }) => loses)).toEqual(
    expect.arrayContaining(['1 uncommitted files', '1 commits that are nowhere else']),
  )
  expect(existsSync(half)).toBe(true)
  expect((await prune(parts, plan, how)).map(({ error }) => error)).toEqual([null, null])
  const there = (): boolean[] => [half, clean, dirty, clone, strange, active].map((path) => existsSync(path))
  expect(there()).toEqual([false, true, true, true, true, true])

  sleeper.kill('SIGKILL')
  await once(sleeper, 'exit')
  const forced = { ...how, force: true }
  const removed = await prune(parts, await planPrune(parts, forced), forced)
  const kept = removed.flatMap(({ kept_as: ref }) => ref ?? [])
  expect(there()).toEqual([false, false, false, false, true, true])
  expect(kept.map((ref) => git('show', `${ref}:made.txt`)).toSorted()).toEqual(['commit', 'dirty'])
  const rows = await holdfast.store.listWorkspaces(holdfast.project.id)
  expect(rows.filter(({ status }) => status === 'cleaned')).toHaveLength(4)
})

test('[RT52, WS72] kept trees go when their run ended long ago, never those of a run that is open or of a fork', async () => {
  const root = temporaryProject({ '.gitignore': IGNORED }, { git: true })
  const refs = (): string =>
    execFileSync('git', ['for-each-ref', '--format=%(refname)', 'refs/holdfast/'], {
      cwd: root,
      encoding: 'utf8',
    })
  const holdfast = await holdfastOn(root, { settings: { parkAfterMs: 0 } })
  await holdfast.worker()
  const ended = await holdfast.start(work, { how: 'commit' })
  await ended.output()
  const fork = await holdfast.fork(ended.id, { from: 'git.commit' })
  await fork.output()
  const open = await holdfast.start(work, { how: 'wait' })
  await eventually('it waits', async () => (await open.current()).status === 'waiting')
  for (const { id } of [ended, fork, open]) expect(refs()).toContain(`refs/holdfast/${id}/`)
  const parts = careOf(holdfast)
  const at = Date.parse((await ended.current()).completed_at!)
  expect(await dropOldTrees(parts, at + 999, 1000)).toBe(0)
  expect(await dropOldTrees(parts, at + 1000, 1000)).toBeGreaterThan(0)
  execFileSync('git', ['gc', '--quiet', '--prune=now'], { cwd: root })
  expect(refs()).not.toContain(`refs/holdfast/${ended.id}/`)
  expect(refs()).toContain(`refs/holdfast/${open.id}/`)
  await holdfast.engine.send(open.id, { by: null, name: 'go', data: null })
  await open.output()
})
