import { execFileSync } from 'node:child_process'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createWorkflow, StepError, type WorkflowContext } from '@holdfast/workflow-sdk'
import { expect, test } from 'vitest'
import { executionView, type Holdfast, type RunHandle } from '../src/index.ts'
import { holdfastOn } from './open.ts'
import { temporaryProject } from './project.ts'

const FILES = {
  'a.txt': 'a\n',
  '.gitignore': '.agent/holdfast.db*\n.agent/workflows/executions/\n.agent/workflows/.cache/\n',
}
const AGENT = { agent: 'replay', settings: { recording: 'none.json' } }

/** Resolves when the run waits for a person. */
async function waits(holdfast: Holdfast, run: RunHandle): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = async (): Promise<void> => {
    if ((await run.current()).status === 'waiting') resolve()
  }
  const unwatch = holdfast.store.watch(() => void look())
  await look()
  await promise
  unwatch()
}

const codeOf = async (work: () => Promise<unknown>): Promise<unknown> =>
  work().then(
    () => 'done',
    (error: unknown) => (error instanceof StepError ? [error.code, error.attempts] : String(error)),
  )

test('[ES12] every call that works in a workspace that is gone says so, once, and does not bring it back', async () => {
  const root = temporaryProject(FILES, { git: true })
  const holdfast = await holdfastOn(root)
  await holdfast.worker()
  const calls: Record<string, (ctx: WorkflowContext) => Promise<unknown>> = {
    shell: (ctx) => ctx.shell('pwd', { allowFailure: true }),
    status: (ctx) => ctx.git.status(),
    commit: (ctx) => ctx.git.commit('lost'),
    branch: (ctx) => ctx.git.ensureBranch('lost'),
    read: (ctx) => ctx.files.read('a.txt'),
    write: (ctx) => ctx.files.write('new/b.txt', 'b'),
    exists: (ctx) => ctx.files.exists('a.txt'),
    list: (ctx) => ctx.files.list(),
    delete: (ctx) => ctx.files.delete('a.txt'),
    agent: (ctx) => ctx.runCli('agent', AGENT, 'go'),
    own: (ctx) => ctx.run('own', () => 1, { writes: 'workspace' }),
    elsewhere: (ctx) => ctx.run('elsewhere', () => 1),
  }
  const w = createWorkflow({ name: 'w', workspace: 'worktree', retry: { maxAttempts: 3 } }, async (ctx) => {
    await ctx.files.write('kept.txt', 'kept')
    await ctx.run('lose', () => rmSync(ctx.workspacePath, { recursive: true }))
    const codes: Record<string, unknown> = {}
    for (const [name, call] of Object.entries(calls)) codes[name] = await codeOf(() => call(ctx))
    codes.artifact = await ctx.artifact('a', { path: 'a.txt' }).catch((error: unknown) => String(error))
    return { codes, path: ctx.workspacePath }
  })
  const run = await holdfast.start(w)
  const { codes, path } = (await run.output()) as { codes: Record<string, unknown>; path: string }
  const lost = ['WORKSPACE_LOST', 1]
  const { elsewhere, artifact, ...others } = codes
  expect(others).toEqual(Object.fromEntries(Object.keys(others).map((name) => [name, lost])))
  expect([elsewhere, Object.keys(others).length]).toEqual(['done', 11])
  expect(artifact).toMatch(/is lost: the folder does not exist.*\[WORKSPACE_LOST\]/)
  expect(existsSync(path)).toBe(false)
  const { steps } = await executionView(holdfast.store, run.id)
  const message = steps.find((step) => step.name === 'pwd')?.error?.message
  expect(message).toContain(`The workspace ${path} (worktree) is lost`)
  expect(message).toContain('as they were after step "files.write"')
})

test('[ES12] a worktree without its .git is lost: nothing is done to the project around it', async () => {
  const root = temporaryProject(FILES, { git: true })
  const holdfast = await holdfastOn(root)
  await holdfast.worker()
  const w = createWorkflow({ name: 'w', workspace: 'worktree' }, async (ctx) => {
    await ctx.run('lose', () => rmSync(join(ctx.workspacePath, '.git')))
    await ctx.files.write('b.txt', 'b').catch(() => {})
    return codeOf(() => ctx.git.commit('Not here'))
  })
  const run = await holdfast.start(w)
  expect(await run.output()).toEqual(['WORKSPACE_LOST', 1])
  const log = execFileSync('git', ['log', '--format=%s', '--all', '--branches'], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(log).not.toContain('Not here')
  expect((await run.current()).git_diff_stats).toEqual({})
})

test('[ES12] a command in whose course the workspace goes is no success, and no failure of its own', async () => {
  const holdfast = await holdfastOn(temporaryProject(FILES, { git: true }))
  await holdfast.worker()
  for (const end of ['true', 'false']) {
    const w = createWorkflow({ name: `w-${end}`, workspace: 'worktree' }, async (ctx) =>
      codeOf(() => ctx.shell(`rm -rf "$PWD"; ${end}`)),
    )
    expect(await (await holdfast.start(w)).output()).toEqual(['WORKSPACE_LOST', 1])
  }
})

test('[ES12] with onFailure ask the run waits for its workspace, and goes on in it when it is back', async () => {
  const holdfast = await holdfastOn(temporaryProject(FILES, { git: true }))
  await holdfast.worker()
  const w = createWorkflow({ name: 'w', workspace: 'worktree', onFailure: 'ask' }, async (ctx) => {
    await ctx.shell('echo b > b.txt', { name: 'first' })
    await ctx.run('lose', () => renameSync(ctx.workspacePath, `${ctx.workspacePath}-away`))
    return (await ctx.shell('cat b.txt', { name: 'second' })).stdout
  })
  for (const { answer, back } of [
    { answer: 'retry', back: true },
    { answer: 'fail', back: false },
  ]) {
    const run = await holdfast.start(w)
    await waits(holdfast, run)
    const { workspace_path, waiting_for } = await run.current()
    expect(waiting_for).toMatchObject({
      reason: 'workspace-lost',
      detail: 'The workspace of step "second" is gone. Try it again once that is back?',
    })
    const [question] = await holdfast.store.listApprovals({ runId: run.id })
    expect(question).toMatchObject({ kind: 'workspace-lost', choices: ['retry', 'fail'] })
    expect(question!.body).toMatch(/is lost: the folder does not exist/)
    const path = join(holdfast.project.path, workspace_path!)
    if (back) renameSync(`${path}-away`, path)
    await holdfast.engine.answer(run.id, { by: 'test', approved: true, answer })
    const ended = await run.finished()
    if (back) expect(ended.output).toBe('b\n')
    else expect(ended).toMatchObject({ status: 'failed', error: { code: 'WORKSPACE_LOST' } })
  }
})

test('[ES12] a run whose workspace went while it waited goes on until it needs it', async () => {
  const holdfast = await holdfastOn(temporaryProject(FILES, { git: true }))
  await holdfast.worker()
  const w = createWorkflow({ name: 'w', workspace: 'worktree' }, async (ctx) => {
    const { approved } = await ctx.approve({ title: 'Go on?' })
    const elsewhere = await ctx.run('elsewhere', () => 'ran')
    return [approved, elsewhere, await codeOf(() => ctx.files.read('a.txt'))]
  })
  const run = await holdfast.start(w)
  await waits(holdfast, run)
  rmSync(join(holdfast.project.path, (await run.current()).workspace_path!), { recursive: true })
  await holdfast.engine.answer(run.id, { by: 'test', approved: true })
  expect(await run.output()).toEqual([true, 'ran', ['WORKSPACE_LOST', 1]])
})
