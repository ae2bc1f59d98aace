import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { holdfast, repository, start, withWorkflow } from './world.ts'

const json = async (cwd: string, ...argv: string[]) => {
  const { stdout, stderr } = await holdfast(cwd, [...argv, '--json'])
  expect(stdout, stderr).not.toBe('')
  return JSON.parse(stdout) as Record<string, unknown> & { readonly id: string }
}

test('a start sent again with its idempotency key gives its run, another input is refused', async () => {
  const cwd = repository(withWorkflow('work', 'return ctx.input'))
  const argv = ['run', 'work', '--input', '{"n":1}', '--idempotency-key', 'order-7']
  const first = await json(cwd, ...argv)
  expect(first).toMatchObject({ status: 'completed', idempotency_key: 'order-7' })
  const again = await holdfast(cwd, argv)
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('"n": 1') as string })
  expect((await json(cwd, ...argv, '--detach')).id).toBe(first.id)
  const other = await holdfast(cwd, ['run', 'work', '--idempotency-key', 'order-7'])
  expect(other.code).not.toBe(0)
  expect(other.stderr).toContain('[IDEMPOTENCY_KEY_REUSED]')
})

test('a run begins no sooner than it is told, with its priority and tags, and says that it waits', async () => {
  const cwd = repository(withWorkflow('work', 'return 1'))
  const options = ['--start-at', '2100-01-01T00:00:00Z', '--priority', '9', '--tag', 'a=1', '--tag', 'b=x=y']
  const { id } = await json(cwd, 'run', ...options, 'work', '--detach')
  expect(await json(cwd, 'runs', 'show', id)).toMatchObject({
    status: 'pending',
    priority: 9,
    metadata: { tags: { a: '1', b: 'x=y' } },
    waiting_for: { reason: 'timer', until: '2100-01-01T00:00:00.000Z' },
  })
})

test.each([
  ['--priority', 'high'],
  ['--priority', '101'],
  ['--tag', 'urgent'],
  ['--start-at', 'tomorrow'],
])('%s %s is refused', async (option, value) => {
  const cwd = repository(withWorkflow('work', 'return 1'))
  const { code, stderr } = await holdfast(cwd, ['run', 'work', '--detach', option, value])
  expect(code).not.toBe(0)
  expect(stderr).toContain(value)
  expect((await holdfast(cwd, ['runs', 'list', '--json'])).stdout.trim()).toBe('[]')
})

/** A step that ends when there is a file. */
const WAITS = `const { existsSync } = await import('node:fs')
  return ctx.run('look', async ({ signal }) => {
    while (!existsSync(ctx.input.file) && !signal.aborted) await new Promise((done) => setTimeout(done, 20))
  })`

test('a run whose key is full says so, and goes when the one that goes is over', async () => {
  const cwd = repository(withWorkflow('one', WAITS, 'concurrency: { limit: 1 }'))
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-go-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'go')
  const argv = ['run', 'one', '--input', JSON.stringify({ file })]
  const first = start(cwd, argv)
  await first.saw('look')
  const second = start(cwd, argv)
  await second.saw('waits: 1 run of the workflow may go at a time')
  writeFileSync(file, '')
  expect((await first.ended).code).toBe(0)
  expect((await second.ended).code).toBe(0)
})
