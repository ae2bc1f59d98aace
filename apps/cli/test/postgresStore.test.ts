import { cpSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, inject, test } from 'vitest'
import { holdfast, repository, start, withWorkflow } from './world.ts'

interface Document {
  readonly id: string
  readonly status: string
  readonly output: unknown
  readonly waiting_for: { readonly reason: string } | null
}

/** A store of its own on the server of the test run, as `HOLDFAST_STORE` names it. */
function ownStore(): { readonly HOLDFAST_STORE: string } {
  return { HOLDFAST_STORE: `${inject('postgresUrl')}?schema=cli_${randomUUID().replaceAll('-', '')}` }
}

test('the first example runs on PostgreSQL as it is', { timeout: 120_000 }, async () => {
  const env = ownStore()
  const cwd = repository()
  const example = fileURLToPath(new URL('../../../examples/01-hello/.agent/', import.meta.url))
  cpSync(example, join(cwd, '.agent'), { recursive: true })
  const ran = await start(cwd, ['run', 'hello', '--input', '{"name":"Ada"}', '--allow-dirty', '--json'], env)
    .ended
  expect(ran).toMatchObject({ code: 0 })
  const run = JSON.parse(ran.stdout) as Document
  expect(run.status).toBe('completed')
  const { stdout } = await holdfast(cwd, ['runs', 'events', run.id], { env })
  expect(stdout).toContain('run.completed')
  expect((await holdfast(cwd, ['migrate', 'status'], { env })).code).toBe(0)
})

test(
  'a worker that is killed loses nothing, a person answers from a third process, and all can be copied to a file',
  { timeout: 240_000 },
  async () => {
    const env = ownStore()
    const cwd = repository(
      withWorkflow(
        'ship',
        `const n = await ctx.run('one', () => 1)
         const { approved, by } = await ctx.approve({ title: 'Ship it?' })
         return { n, approved, by }`,
      ),
    )
    const run = async (...argv: string[]) => await start(cwd, argv, env).ended
    const started = await run('run', 'ship', '--detach', '--json')
    expect(started).toMatchObject({ code: 0 })
    const { id } = JSON.parse(started.stdout) as Document
    const show = async (): Promise<Document> =>
      JSON.parse((await holdfast(cwd, ['runs', 'show', id, '--json'], { env })).stdout) as Document
    const first = start(cwd, ['worker'], env)
    await expect.poll(async () => (await show()).waiting_for?.reason, { timeout: 50_000 }).toBe('approval')
    first.process.kill('SIGKILL')
    await first.ended
    expect(await run('approve', id, '--by', 'ada')).toMatchObject({ code: 0 })
    const second = start(cwd, ['worker'], env)
    await expect.poll(async () => (await show()).status, { timeout: 50_000 }).toBe('completed')
    expect((await show()).output).toEqual({ n: 1, approved: true, by: 'ada' })
    second.process.kill('SIGTERM')
    expect(await second.ended).toMatchObject({ code: 0 })

    const doctor = await run('doctor')
    expect(doctor.stdout).toMatch(
      /The store postgres:\/\/postgres@127\.0\.0\.1:\d+\/postgres\?schema=cli_\w+ answers/,
    )
    const copied = await run('store', 'copy', env.HOLDFAST_STORE, 'sqlite:.agent/copy.db')
    expect(copied).toMatchObject({ code: 0, stderr: '' })
    for (const { stdout, stderr } of [doctor, copied]) expect(stdout + stderr).not.toContain('secret')
    const copy = await holdfast(cwd, ['runs', 'show', id, '--json'], {
      env: { HOLDFAST_STORE: 'sqlite:.agent/copy.db' },
    })
    expect(JSON.parse(copy.stdout)).toMatchObject({ status: 'completed', output: { by: 'ada' } })
  },
)

test('what the server refuses is told with what to do, and never with the password', async () => {
  const cwd = repository()
  const url = new URL(inject('postgresUrl'))
  url.password = 'wrong-secret'
  const refused = await holdfast(cwd, ['runs', 'list'], { env: { HOLDFAST_STORE: url.href } })
  expect(refused.code).not.toBe(0)
  expect(refused.stderr).toContain('STORE_ACCESS_DENIED')
  url.port = '1'
  const away = await holdfast(cwd, ['doctor'], { env: { HOLDFAST_STORE: url.href } })
  expect(away.stdout).toContain('cannot be reached')
  for (const { stdout, stderr } of [refused, away]) expect(stdout + stderr).not.toContain('secret')
})
