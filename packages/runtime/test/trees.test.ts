import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JournalEvent } from '@holdfast/workflow-sdk'
import { createWorkflow } from '@holdfast/workflow-sdk'
import { expect, test } from 'vitest'
import { holdfastOn } from './open.ts'
import { template, temporaryProject } from './project.ts'
import { eventually, fileAt, isRunning, outsideFolder, workerProcess } from './support/workers.ts'

const FILES = {
  'list.txt': 'one\n',
  '.gitignore': '.agent/holdfast.db*\n.agent/workflows/executions/\n.agent/workflows/.cache/\n',
}

const kept = (journal: readonly JournalEvent[]) =>
  journal.flatMap((event) =>
    event.type === 'checkpoint.taken' && event.payload.when === 'before' ? [event.payload] : [],
  )

test('[ES10, ES16] the tree is kept before each shell and writing file step, and after it, and not of others', async () => {
  const root = temporaryProject(FILES, { git: true })
  const holdfast = await holdfastOn(root)
  await holdfast.worker()
  const w = createWorkflow({ name: 'w' }, async (ctx) => {
    await ctx.files.write('made.txt', 'made', { name: 'write' })
    await ctx.files.read('made.txt', { name: 'read' })
    await ctx.run('think', () => 1)
    await ctx.shell('echo two >> list.txt', { name: 'append' })
    await ctx.shell('cat list.txt', { name: 'look', writes: 'none' })
    await ctx.files.delete('made.txt', { name: 'delete' })
  })
  const run = await holdfast.start(w)
  await run.output()
  const trees = kept(await holdfast.store.listWorkflowEvents({ runId: run.id }))
  expect(trees.map((tree) => tree.stepKey)).toEqual(['write', 'append', 'delete'])
  const at = (index: number, path: string): string =>
    execFileSync('git', ['show', `${trees[index]!.treeId}:${path}`], {
      cwd: root,
      encoding: 'utf8',
      stdio: 'pipe',
    })
  const journal = await holdfast.store.listWorkflowEvents({ runId: run.id })
  const after = journal.flatMap((event) =>
    event.type === 'step.completed' && event.payload.treeId !== undefined ? [event.payload.treeId] : [],
  )
  // The tree after each is the one that the next finds.
  expect(after.slice(0, 2)).toEqual([trees[1]!.treeId, trees[2]!.treeId])
  expect(after).toHaveLength(3)
  expect(() => at(0, 'made.txt')).toThrow(/made\.txt/)
  expect(at(1, 'made.txt')).toBe('made')
  expect(at(1, 'list.txt')).toBe('one\n')
  expect(at(2, 'list.txt')).toBe('one\ntwo\n')
  for (const { ref, commit } of trees)
    expect(execFileSync('git', ['rev-parse', ref], { cwd: root, encoding: 'utf8' }).trim()).toBe(commit)
})

test('[ES10] a repeated shell step starts from the tree before it, or in place with `keep`', async () => {
  for (const { onRetryTree, expected } of [
    { onRetryTree: 'restore', expected: 'one\ntwo\n' },
    { onRetryTree: 'keep', expected: 'one\ntwo\ntwo\n' },
  ] as const) {
    const outside = outsideFolder()
    const holdfast = await holdfastOn(temporaryProject(FILES, { git: true }))
    await holdfast.worker()
    const w = createWorkflow({ name: 'w' }, async (ctx) => {
      await ctx.shell(
        `echo two >> list.txt; touch left.txt; test -e ${outside}/go || { touch ${outside}/go; exit 3; }`,
        {
          name: 'append',
          retry: { maxAttempts: 2, delayMs: 1 },
          onRetryTree,
        },
      )
      return ctx.files.read('list.txt')
    })
    const run = await holdfast.start(w)
    expect(await run.output()).toBe(expected)
    const [step] = await holdfast.store.listWorkflowSteps(run.id)
    expect(step).toMatchObject({ attempt_number: 2, status: 'completed' })
  }
})

test('[ES10, EO5] a shell step whose worker was killed starts from the tree before it; what it left running is ended', async () => {
  const outside = outsideFolder()
  const root = temporaryProject(
    {
      ...FILES,
      [template('w')]: `import { createWorkflow } from 'holdfast'
export default createWorkflow({ name: 'w' }, async (ctx) => {
  const { outside } = ctx.input as { outside: string }
  await ctx.shell(
    'echo two >> list.txt; echo $$ >> ' + outside + '/pids; test -e ' + outside + '/go || sleep 1000',
    { name: 'append' },
  )
  return ctx.files.read('list.txt')
})
`,
    },
    { git: true },
  )
  const holdfast = await holdfastOn(root)
  const first = await workerProcess(root)
  const run = await holdfast.start('w', { outside })
  await fileAt(join(outside, 'pids'))
  const pids = await eventually('the pid is written', () => {
    const lines = readFileSync(join(outside, 'pids'), 'utf8').trim().split('\n').map(Number)
    return lines[0] === 0 ? null : lines
  })
  expect(pids.filter(isRunning)).toHaveLength(1)
  await first.kill()
  expect(readFileSync(join(root, 'list.txt'), 'utf8')).toBe('one\ntwo\n')

  writeFileSync(join(outside, 'go'), '')
  await workerProcess(root)
  expect(await run.output()).toBe('one\ntwo\n')
  expect(pids.filter(isRunning)).toEqual([])
  const [step] = await holdfast.store.listWorkflowSteps(run.id)
  expect(step).toMatchObject({ attempt_number: 1, status: 'completed' })
})

test('[EE1] a cancel ends every process of the group of a shell step before the run is cancelled', async () => {
  const outside = outsideFolder()
  const holdfast = await holdfastOn(temporaryProject(FILES, { git: true }))
  await holdfast.worker()
  const w = createWorkflow({ name: 'w' }, async (ctx) => {
    try {
      await ctx.shell(
        `echo $$ >> ${outside}/pids; (sleep 1000 & echo $! >> ${outside}/pids; wait) & sleep 1001 & echo $! >> ${outside}/pids; wait`,
        { name: 'long' },
      )
    } finally {
      await ctx.run('clean up', () => appendFileSync(join(outside, 'cleaned'), 'x'))
    }
  })
  const run = await holdfast.start(w)
  const pids = await eventually('three processes run', () => {
    if (!existsSync(join(outside, 'pids'))) return null
    const lines = readFileSync(join(outside, 'pids'), 'utf8').trim().split('\n').map(Number)
    return lines.length === 3 ? lines : null
  })
  expect(pids.filter(isRunning)).toEqual(pids)
  await holdfast.engine.cancel(run.id, { by: 'test' })
  expect(await run.finished()).toMatchObject({ status: 'cancelled' })
  expect(pids.filter(isRunning)).toEqual([])
  expect(readFileSync(join(outside, 'cleaned'), 'utf8')).toBe('x')
})
