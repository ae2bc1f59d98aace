import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { checkProject, type CheckReport } from '../src/check/checkProject.ts'
import { Replayer } from '../src/dry/Replayer.ts'
import { holdfastOn } from './open.ts'
import { eventually } from './support/workers.ts'
import { put, template, temporaryProject, workflowText } from './project.ts'

const PLAN = `const plan = await ctx.run('plan', () => 'x'.repeat(100_000))`
const GATE = `await ctx.approve({ name: 'gate', title: 'Go on?' })`
const body = (...lines: string[]): string => lines.join('\n  ')

/** Everything that code could do to the world outside of a step; what came of it is thrown. */
const HARM = `
  const { writeFileSync } = await import('node:fs')
  const { spawnSync } = await import('node:child_process')
  const { Worker } = await import('node:worker_threads')
  const { connect } = await import('node:net')
  const codes = []
  for (const harm of [
    () => writeFileSync(ctx.project.path + '/harm.txt', 'x'),
    () => { const { error } = spawnSync('touch', [ctx.project.path + '/harm.txt']); if (error) throw error },
    () => new Worker('0', { eval: true }),
    () => connect(9, '127.0.0.1'),
  ]) {
    try { harm(); codes.push('done') } catch (error) { codes.push(error.code) }
  }
  throw new Error(codes.join(' '))`

test('[RT30, RT31] a check replays runs under way against edited files, in a process that can do nothing and is ended', async () => {
  const root = temporaryProject({ [template('work')]: workflowText('work', body(PLAN, GATE)) }, { git: true })
  const holdfast = await holdfastOn(root, { settings: { parkAfterMs: 50 } })
  await holdfast.worker()
  const run = await holdfast.start('work', {}, { allowDirty: true })
  await eventually('it waits', async () => (await run.current()).status === 'waiting')
  const before = await holdfast.store.listWorkflowEvents({ runId: run.id })
  const replayer = new Replayer({ timeoutMs: 4000 })
  onTestFinished(() => replayer.close())
  const checked = async (text: string | null): Promise<CheckReport> => {
    if (text !== null) put(root, template('work'), text)
    return await checkProject({ store: holdfast.store, project: holdfast.project, replayer })
  }
  expect(await checked(null)).toMatchObject({ counts: { unchanged: 1 }, runs: [], problems: [] })

  // A large result is read from the store; code after it is new and would run later.
  const longer = await checked(
    workflowText('work', body(PLAN, GATE, `return ctx.run('ship', () => plan.length)`)),
  )
  expect(longer).toMatchObject({ counts: { same: 1, differs: 0, diverges: 0, unchanged: 0 }, runs: [] })

  const changed = await checked(workflowText('work', body(`await ctx.shell('true', { name: 'plan' })`, GATE)))
  expect(changed.runs).toMatchObject([
    {
      runId: run.id,
      version: 1,
      replay: { divergence: { key: 'plan', recorded: 'run', at: expect.stringMatching(/work\.ts:3:\d+$/) } },
    },
  ])

  const harmful = await checked(workflowText('work', body(PLAN, HARM)))
  expect(harmful.runs[0]?.replay.divergence?.message).toContain(
    'ERR_ACCESS_DENIED ERR_ACCESS_DENIED ERR_ACCESS_DENIED ERR_ACCESS_DENIED',
  )
  expect(existsSync(join(root, 'harm.txt'))).toBe(false)

  for (const [line, says] of [
    ['for (;;) {}', 'endless loop'],
    ['process.exit(0)', 'ends its process'],
  ] as const) {
    const { runs } = await checked(workflowText('work', body(PLAN, line)))
    expect(runs[0]?.replay).toMatchObject({
      verdict: 'diverges',
      divergence: { message: expect.stringContaining(says) },
    })
  }

  const broken = await checked('export default {{{')
  expect(broken).toMatchObject({ counts: { withoutFile: 1 }, problems: [{ code: 'WORKFLOW_INVALID' }] })
  // Nothing was registered and the run is as it was.
  expect(await holdfast.store.findWorkflow(holdfast.project.id, 'work')).toMatchObject({ version: 1 })
  expect(await holdfast.store.listWorkflowEvents({ runId: run.id })).toEqual(before)
})

test('[RT32, ER4] a retry goes on in the workspace of the run as it is now, with the present version of its file', async () => {
  const failing = body(
    `await ctx.shell('echo made > made.txt', { name: 'make' })`,
    `await ctx.shell('test -f mended.txt', { name: 'use', retry: { maxAttempts: 1 } })`,
    `return ctx.workspacePath`,
  )
  const root = temporaryProject(
    { [template('work')]: workflowText('work', failing), '.gitignore': '.agent/\n' },
    { git: true },
  )
  const holdfast = await holdfastOn(root)
  await holdfast.worker()
  const run = await holdfast.start('work', {}, { workspace: 'worktree' })
  expect(await run.finished()).toMatchObject({ status: 'failed' })
  const { workspace_path: path } = await run.current()
  await expect(holdfast.planRetry(run.id)).resolves.toMatchObject({
    plan: { version: { from: 1, to: 1 }, firstLive: { key: 'use' }, costUsd: { estimated: 0, unknown: 0 } },
  })

  // Edited so that a step is inserted that the retry runs, and the world is mended.
  put(
    root,
    template('work'),
    workflowText('work', failing.replace('return', `await ctx.run('new', () => 1)\n  return`)),
  )
  put(root, `${path}/mended.txt`, '')
  const retried = await holdfast.retry(run.id)
  expect(retried).toMatchObject({ plan: { version: { from: 1, to: 2 } }, notes: [], made: true })
  expect(await retried.output()).toBe(join(root, path ?? ''))
  expect(await retried.current()).toMatchObject({ workflow_version: 2, workspace_path: path })
  const steps = await holdfast.store.listWorkflowSteps(retried.id)
  expect(steps.map(({ name }) => name)).toEqual(['make', 'use', 'new'])
})
