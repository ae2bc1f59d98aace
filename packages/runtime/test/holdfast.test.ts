import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createWorkflow, WorkflowError } from '@holdfast/workflow-sdk'
import type { LogLine } from '@holdfast/workflow-sdk/ports'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { executionView } from '../src/index.ts'
import { holdfastOn } from './open.ts'
import { template, temporaryProject, workflowText } from './project.ts'

const ECHO = createWorkflow({ name: 'echo', input: z.object({ text: z.string() }) }, async (ctx) => {
  const said = await ctx.run('say', ({ ctx: inner }) => {
    inner.log.info('saying it', { text: ctx.input.text })
    return ctx.input.text
  })
  ctx.log.warn('said')
  await ctx.comment('spoken', { loud: true })
  await ctx.artifact('said.txt', { content: said })
  return { said }
})

test('a workflow of a program runs, with logs, artifacts and metadata on disk', async () => {
  const root = temporaryProject({}, { git: true })
  const lines: LogLine[] = []
  const holdfast = await holdfastOn(root, { onLog: (line) => lines.push(line) })
  await holdfast.worker()
  const run = await holdfast.start(ECHO, { text: 'hi' })
  expect(await run.output()).toEqual({ said: 'hi' })
  const view = await executionView(holdfast.store, run.id)
  await holdfast.close()

  expect(view).toMatchObject({
    workflow_name: 'echo',
    status: 'completed',
    output: { said: 'hi' },
    waiting_for: null,
    comments: [{ message: 'spoken' }],
    artifacts: [{ name: 'said.txt', mime_type: 'text/plain', size_bytes: 2 }],
    git: { branch: 'main', files: [] },
    usage: { total_tokens: 0, cost_usd: null },
    workspace: { kind: 'project', persistent: true, cleaned_up: false },
    approvals: [],
  })
  expect(view.steps.find((step) => step.name === 'say')).toMatchObject({ status: 'completed' })
  expect(view.current_step?.id).toBe(view.current_workflow_step_id)

  const folder = join(root, '.agent/workflows/executions', run.id)
  expect(readFileSync(join(root, view.artifacts[0]!.storage_path), 'utf8')).toBe('hi')
  expect(view.artifacts[0]!.storage_path.startsWith('.agent/')).toBe(true)
  const log = readFileSync(join(folder, 'logs/execution.log'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(log).toMatchObject([
    { level: 'info', message: 'saying it', data: { text: 'hi' }, step: 'say' },
    { level: 'warn', message: 'said' },
  ])
  expect(readdirSync(join(folder, 'logs')).toSorted()).toEqual(['execution.log', 'step-1-say.log'])
  expect(JSON.parse(readFileSync(join(folder, 'metadata.json'), 'utf8'))).toMatchObject({
    id: run.id,
    status: 'completed',
    workflow_name: 'echo',
  })
  expect(lines.map((line) => line.message)).toEqual(['saying it', 'said'])
})

test('log lines are rows too', async () => {
  const holdfast = await holdfastOn(temporaryProject({}, { git: true }))
  await holdfast.worker()
  const run = await holdfast.start(ECHO, { text: 'hi' })
  await run.finished()
  await holdfast.flushLogs()
  const rows = await holdfast.store.listWorkflowLogs({ runId: run.id })
  const kept = rows.map((row) => [row.message, row.level, row.step_id === null] as const)
  expect(kept.toSorted(([a], [b]) => a.localeCompare(b))).toEqual([
    ['said', 'warn', true],
    ['saying it', 'info', false],
  ])
})

test('input that does not fit starts nothing and names every field', async () => {
  const holdfast = await holdfastOn(temporaryProject({}, { git: true }))
  await expect(holdfast.start(ECHO, { text: 5 })).rejects.toMatchObject({
    code: 'INPUT_INVALID',
    details: { issues: [{ path: 'text' }] },
  })
  expect((await holdfast.store.listWorkflowRuns()).total).toBe(0)
})

test('a workflow of a file runs by its name; an unknown name says which files do not load', async () => {
  const root = temporaryProject(
    { [template('hello')]: workflowText('hello'), [template('bad')]: 'const = 1' },
    { git: true },
  )
  const holdfast = await holdfastOn(root)
  await holdfast.worker()
  expect(await (await holdfast.start('hello')).output()).toEqual({ done: true })
  await expect(holdfast.start('helo')).rejects.toThrow(/Did you mean "hello".*bad\.ts:1 does not load/s)
  expect((await holdfast.discover()).workflows).toMatchObject([{ name: 'hello', isNew: false }])
})

test('a failed run gives its error to the program that started it', async () => {
  const holdfast = await holdfastOn(temporaryProject({}, { git: true }))
  await holdfast.worker()
  const fails = createWorkflow({ name: 'fails' }, async (ctx) => {
    await ctx.run('break', () => Promise.reject(new Error('broken')), { retry: { maxAttempts: 1 } })
  })
  const run = await holdfast.start(fails)
  await expect(run.output()).rejects.toThrow(/is failed: .*broken/)
  await expect(run.output()).rejects.toSatisfy((error) => WorkflowError.is(error))
})

test('a worker of one run leaves the others alone, but executes its children', async () => {
  const root = temporaryProject(
    {
      [template('child')]: workflowText('child', "return 'from the child'"),
      [template('parent')]: workflowText('parent', "return ctx.child('child', {})"),
      [template('other')]: workflowText('other'),
    },
    { git: true },
  )
  const holdfast = await holdfastOn(root)
  const other = await holdfast.start('other')
  const parent = await holdfast.start('parent')
  await holdfast.worker({ only: { rootRunId: parent.id } })
  expect(await parent.output()).toBe('from the child')
  expect((await other.current()).status).toBe('pending')
})

test('[RT20] who waits for a run hears when the store is closed before its end, or was closed before', async () => {
  const holdfast = await holdfastOn(temporaryProject({}, { git: true }))
  const run = await holdfast.start(ECHO, { text: 'hi' })
  const waiting = [run.finished(), run.output()].map((promise) =>
    promise.catch((error: unknown) => (error as { code: string }).code),
  )
  await run.current()
  await holdfast.close()
  expect(await Promise.all(waiting)).toEqual(['STORE_CLOSED', 'STORE_CLOSED'])
  await expect(run.finished()).rejects.toMatchObject({ code: 'STORE_CLOSED' })
})

test('a worker of its own runs leaves older ones alone, and follows ctx.continueAs', async () => {
  const root = temporaryProject(
    {
      [template('counts')]: workflowText(
        'counts',
        'const { n } = ctx.input as { n: number }; if (n < 3) await ctx.continueAs({ n: n + 1 }); return n',
      ),
    },
    { git: true },
  )
  const holdfast = await holdfastOn(root)
  const older = await holdfast.start('counts', { n: 3 })
  const worker = holdfast.worker({ only: 'own' })
  const first = await holdfast.start('counts', { n: 1 })
  await worker
  await first.finished()
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const look = async (): Promise<void> => {
    const { items } = await holdfast.store.listWorkflowRuns({ status: 'completed' })
    const last = items.find((run) => run.output === 3)
    if (last !== undefined) resolve(last.input)
  }
  const unwatch = holdfast.store.watch(() => void look())
  await look()
  expect(await promise).toEqual({ n: 3 })
  unwatch()
  expect((await older.current()).status).toBe('pending')
})

test('runs of a program go on after a restart, once it has registered its workflows', async () => {
  const root = temporaryProject({}, { git: true })
  const wait = (): ReturnType<typeof createWorkflow> =>
    createWorkflow({ name: 'waits' }, async (ctx) => {
      const before = await ctx.run('before', () => 1)
      const event = await ctx.waitForEvent<number>('go')
      return [before, event?.data]
    })
  const first = await holdfastOn(root)
  await first.worker()
  const started = await first.start(wait())
  await first.close()

  const second = await holdfastOn(root)
  await second.register(wait())
  await second.worker()
  await second.engine.send(started.id, { by: null, name: 'go', data: 7 })
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = async (): Promise<void> => {
    if ((await second.store.getWorkflowRun(started.id)).status === 'completed') resolve()
  }
  const unwatch = second.store.watch(() => void look())
  await look()
  await promise
  unwatch()
  expect((await second.store.getWorkflowRun(started.id)).output).toEqual([1, 7])
})

test('code that this process does not have is said, not guessed', async () => {
  const root = temporaryProject({}, { git: true })
  const first = await holdfastOn(root)
  const run = await first.start(ECHO, { text: 'x' })
  await first.close()
  const second = await holdfastOn(root)
  await second.worker()
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = async (): Promise<void> => {
    if ((await second.store.getWorkflowRun(run.id)).status === 'failed') resolve()
  }
  const unwatch = second.store.watch(() => void look())
  await look()
  await promise
  unwatch()
  const row = await second.store.getWorkflowRun(run.id)
  expect(row.error).toMatchObject({
    code: 'WORKFLOW_NOT_FOUND',
    message: expect.stringContaining("program's own code"),
  })
  expect(existsSync(join(root, '.agent/holdfast.db'))).toBe(true)
})
