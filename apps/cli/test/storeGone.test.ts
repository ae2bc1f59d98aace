import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { holdfast, repository, start, withWorkflow } from './world.ts'

/** A shell step with a child of its own; it writes down both process ids. */
const FILES = {
  '.gitignore': '.agent/\n',
  ...withWorkflow(
    'long',
    `return (await ctx.shell('sleep 300 & echo $$ $! > pids; wait', { name: 'build', cwd: '.agent' })).exitCode`,
  ),
}

/** Looks until `look` finds something; only where another process is observed. */
async function eventually<T>(look: () => T | undefined | false, what: string): Promise<T> {
  for (let tries = 0; tries < 1200; tries++) {
    const found = look()
    if (found !== undefined && found !== false) return found
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`never seen: ${what}`)
}

/** The processes of the shell step, once it has said which they are. */
async function stepProcesses(cwd: string): Promise<number[]> {
  const file = join(cwd, '.agent', 'pids')
  const text = await eventually(
    () => existsSync(file) && /\d+ \d+\n/.exec(readFileSync(file, 'utf8'))?.[0],
    'the step',
  )
  return text.trim().split(' ').map(Number)
}

/** Whether a process works still; one that nobody has collected yet does not. */
function works(pid: number): boolean {
  const state = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim()
  return state !== '' && !state.startsWith('Z')
}

const databaseOf = (cwd: string): string => join(cwd, '.agent', 'holdfast.db')

test('a worker whose database is removed ends its steps, says so and exits with 1', async () => {
  const cwd = repository(FILES)
  const worker = start(cwd, ['worker'])
  await worker.saw('is ready on')
  await start(cwd, ['run', 'long', '--detach']).ended
  const pids = await stepProcesses(cwd)
  expect(pids.map(works)).toEqual([true, true])
  for (const suffix of ['', '-wal', '-shm']) rmSync(databaseOf(cwd) + suffix)
  const { code, signal, stderr } = await worker.ended
  expect({ code, signal }).toEqual({ code: 1, signal: null })
  expect(stderr).toContain('was removed or renamed')
  expect(stderr).toContain('[STORE_REPLACED]')
  expect(stderr).not.toContain('completed')
  await eventually(() => !pids.some(works), 'the end of the processes')
  expect(existsSync(databaseOf(cwd))).toBe(false)
  expect((await holdfast(cwd, ['runs', 'list'])).code).toBe(0)
})

test('a run whose index is cut off ends with 1 instead of a bus error, and goes on with the next command', async () => {
  const cwd = repository({
    '.gitignore': '.agent/\n',
    ...withWorkflow(
      'goes-on',
      `return (await ctx.shell('[ -e go ] && exit 0; touch begun; sleep 300', { cwd: '.agent' })).exitCode`,
    ),
  })
  const run = start(cwd, ['run', 'goes-on'])
  await eventually(() => existsSync(join(cwd, '.agent', 'begun')), 'the step')
  truncateSync(`${databaseOf(cwd)}-shm`, 0)
  const { code, signal, stdout, stderr } = await run.ended
  expect({ code, signal, stdout }).toEqual({ code: 1, signal: null, stdout: '' })
  expect(stderr).toContain('[STORE_REPLACED]')
  await start(cwd, ['runs', 'list']).ended
  spawnSync('touch', [join(cwd, '.agent', 'go')])
  expect(await start(cwd, ['resume', 'latest']).ended).toMatchObject({ code: 0, stdout: '0\n' })
})

test('commands beside a database that was emptied say so at once', async () => {
  const cwd = repository(FILES)
  const run = start(cwd, ['run', 'long'])
  const pids = await stepProcesses(cwd)
  truncateSync(databaseOf(cwd), 0)
  const beside = await start(cwd, ['runs', 'list']).ended
  expect(beside).toMatchObject({ code: 1, stdout: '' })
  expect(beside.stderr).toContain('[STORE_REPLACED]')
  const { code, stderr } = await run.ended
  expect(code).toBe(1)
  expect(stderr).toContain('was cut off')
  await eventually(() => !pids.some(works), 'the end of the processes')
})
