import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { holdfast, repository, start, withWorkflow } from './world.ts'

const OLD = 'sqlite:.agent/holdfast.db'
const NEW = 'sqlite:.agent/copy.db'

test('migrate says how the schema stands, and brings it up to date', async () => {
  const cwd = repository(withWorkflow('work', 'return 1'))
  const before = await holdfast(cwd, ['migrate', 'status'])
  expect(before.stdout).toContain('does not exist yet')
  expect(existsSync(join(cwd, '.agent/holdfast.db'))).toBe(false)
  const up = await holdfast(cwd, ['migrate', 'up'])
  expect([up.code, up.stdout]).toEqual([0, expect.stringContaining('went from schema 0 to')])
  const status = await holdfast(cwd, ['migrate', 'status', '--json'])
  const { version, newest, pending } = JSON.parse(status.stdout)
  expect([version, pending]).toEqual([newest, []])
  expect((await holdfast(cwd, ['migrate'])).stdout).toContain(`is up to date: schema ${newest}`)
  const again = await holdfast(cwd, ['migrate', 'up', '--json'])
  expect(JSON.parse(again.stdout)).toMatchObject({ version: newest, applied: [] })
})

test('migrate names what is pending, and refuses a newer schema', async () => {
  const cwd = repository(withWorkflow('work', 'return 1'))
  await holdfast(cwd, ['migrate', 'up'])
  const db = new DatabaseSync(join(cwd, '.agent/holdfast.db'))
  db.exec(
    'create table kept as select * from schema_migrations; delete from schema_migrations where number > 6',
  )
  const older = await holdfast(cwd, ['migrate', 'status'])
  expect(older.stdout).toContain('has schema 6 of')
  expect(older.stdout).toContain('7 prompts-and-triggers')
  expect(older.stdout).toContain('holdfast migrate up')
  db.exec("insert into schema_migrations (number, name) values (99, 'future')")
  db.close()
  for (const word of ['status', 'up']) {
    const { code, stderr, stdout } = await holdfast(cwd, ['migrate', word, '--json'])
    expect(code).toBe(1)
    expect(stderr).toContain('[STORE_NEWER]')
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'STORE_NEWER' } })
  }
})

test.each([NEW, 'file:.agent/copy'])(
  'a run that waits is finished in a copy of the store: %s',
  async (copy) => {
    const cwd = repository(
      withWorkflow(
        'work',
        "const a = await ctx.run('one', () => 41)\n" +
          "  const { approved } = await ctx.approve({ name: 'ship', title: 'Ship?' })\n" +
          "  return approved ? await ctx.run('two', () => a + 1) : null",
      ),
    )
    const waiting = await holdfast(cwd, ['run', 'work', '--json'])
    expect(waiting.code).toBe(3)
    const { id } = JSON.parse(waiting.stdout) as { id: string }
    const copied = await holdfast(cwd, ['store', 'copy', OLD, copy, '--json'])
    expect([copied.code, copied.stderr]).toEqual([0, ''])
    expect(JSON.parse(copied.stdout)).toMatchObject({
      from: expect.stringContaining('holdfast.db'),
      to: expect.stringContaining('.agent/copy'),
      tables: { workflow_runs: { count: 1 }, workflow_versions: { count: 1 } },
    })
    const env = { HOLDFAST_STORE: copy }
    const shown = await holdfast(cwd, ['runs', 'show', id, '--json'], { env })
    const before = await holdfast(cwd, ['runs', 'show', id, '--json'])
    expect(JSON.parse(shown.stdout)).toEqual(JSON.parse(before.stdout))
    await holdfast(cwd, ['approve', id], { env })
    const resumed = await holdfast(cwd, ['resume', id, '--json'], { env })
    expect([resumed.code, JSON.parse(resumed.stdout)]).toMatchObject([0, { status: 'completed', output: 42 }])
    const events = await holdfast(cwd, ['runs', 'events', id, '--json'], { env })
    const types = (JSON.parse(events.stdout) as { type: string }[]).map(({ type }) => type)
    expect(types.filter((type) => type === 'step.completed')).toHaveLength(2)
    const source = await holdfast(cwd, ['runs', 'show', id, '--json'])
    expect(JSON.parse(source.stdout)).toMatchObject({ status: 'waiting' })
  },
)

test('a store copy says what is wrong', async () => {
  const cwd = repository(withWorkflow('work', 'return 1'))
  await holdfast(cwd, ['run', 'work'])
  const refused = async (...addresses: string[]): Promise<string> => {
    const { code, stdout } = await holdfast(cwd, ['store', 'copy', ...addresses, '--json'])
    const { error } = JSON.parse(stdout) as { error: { code: string } }
    return `${code} ${error.code}`
  }
  expect(await refused(OLD, OLD)).toBe('2 USAGE')
  expect(await refused('sqlite:none.db', NEW)).toBe('1 STORE_UNAVAILABLE')
  expect(existsSync(join(cwd, 'none.db'))).toBe(false)
  expect(await refused('mysql:x', NEW)).toBe('2 STORE_URL_INVALID')
  expect(await refused(OLD)).toBe('2 USAGE')
  const copied = await holdfast(cwd, ['store', 'copy', OLD, NEW])
  expect(copied.stdout).toContain('workflow_runs 1')
  expect(await refused(OLD, NEW)).toBe('1 STORE_NOT_EMPTY')
})

test('a store with a worker is not copied until the worker is gone', async () => {
  const cwd = repository(withWorkflow('work', 'return 1'))
  const worker = start(cwd, ['worker'])
  await worker.saw('is ready')
  const busy = await holdfast(cwd, ['store', 'copy', OLD, NEW])
  expect(busy.code).toBe(1)
  expect(busy.stderr).toContain('[STORE_IN_USE]')
  worker.process.kill('SIGKILL')
  await worker.ended
  // A process that died on this machine is known to be dead at once.
  expect((await holdfast(cwd, ['store', 'copy', OLD, NEW])).code).toBe(0)
})
