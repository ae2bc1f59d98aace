import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { holdfast, repository, start, withWorkflow } from './world.ts'

/** A step that holds until a file appears, and says in another file that it began. */
const HOLD = `await ctx.run('hold', async ({ signal }) => {
    const { appendFileSync, existsSync } = await import('node:fs')
    appendFileSync(ctx.project.path + '/.agent/began', 'x')
    while (!existsSync(ctx.project.path + '/.agent/go')) {
      signal.throwIfAborted()
      await new Promise((resolve, reject) => {
        const timer = setTimeout(resolve, 20)
        signal.addEventListener('abort', () => { clearTimeout(timer); reject(signal.reason) }, { once: true })
      })
    }
  })`

async function status(cwd: string): Promise<Record<string, unknown>> {
  return JSON.parse((await holdfast(cwd, ['runs', 'show', 'latest', '--json'])).stdout) as Record<
    string,
    unknown
  >
}

test('a worker executes what was enqueued, and hands back what it has when it is stopped', async () => {
  const cwd = repository(withWorkflow('long', `${HOLD}\n  return 'done'`))
  const worker = start(cwd, ['worker', '--concurrency', '2'])
  await worker.saw('is ready on')
  await holdfast(cwd, ['run', 'long', '--detach'])
  await worker.saw(/run \S+ \(long\) running/)
  worker.process.kill('SIGTERM')
  const ended = await worker.ended
  expect(ended.code).toBe(0)
  expect(ended.stderr).toContain('Discovered 1 workflow\n')
  expect(await status(cwd)).not.toMatchObject({ status: 'completed' })
  await holdfast(cwd, ['init'])
  const { writeFileSync } = await import('node:fs')
  writeFileSync(join(cwd, '.agent/go'), '')
  const resumed = await holdfast(cwd, ['resume', 'latest'])
  expect(resumed).toMatchObject({ code: 0, stdout: '"done"\n' })
})

test('a run follows in one process what a worker does in another', async () => {
  const cwd = repository(withWorkflow('long', `${HOLD}\n  return 'done'`))
  const worker = start(cwd, ['worker', '--json'])
  await worker.saw('is ready on')
  await holdfast(cwd, ['run', 'long', '--detach'])
  await worker.saw('"running"')
  const following = start(cwd, ['resume', 'latest'])
  await following.saw('(long) so far: 0 of 1 steps completed')
  const { writeFileSync } = await import('node:fs')
  writeFileSync(join(cwd, '.agent/go'), '')
  expect(await following.ended).toMatchObject({ code: 0, stdout: '"done"\n' })
  worker.process.kill('SIGINT')
  const ended = await worker.ended
  expect(ended.code).toBe(0)
  expect(
    ended.stdout
      .trim()
      .split('\n')
      .map((text) => (JSON.parse(text) as { status: string }).status),
  ).toContain('completed')
})

test('SIGINT without a terminal hands the run back; another process goes on with it', async () => {
  const cwd = repository(withWorkflow('long', `await ctx.run('first', () => 1)\n  ${HOLD}\n  return 'done'`))
  const running = start(cwd, ['run', 'long'])
  await running.saw('step hold started')
  running.process.kill('SIGINT')
  const left = await running.ended
  expect(left.code).toBe(130)
  expect(left.stderr).toMatch(/holdfast(\.js)? resume/)
  const { writeFileSync } = await import('node:fs')
  writeFileSync(join(cwd, '.agent/go'), '')
  const { stderr, stdout } = await start(cwd, ['resume', 'latest']).ended
  expect(stdout).toBe('"done"\n')
  expect(stderr).toContain('step hold completed')
  expect(stderr).toContain('so far: 1 of 2 steps completed')
  expect(stderr).not.toContain('step first started')
})

test('a killed process loses nothing: the run is taken over and finished steps are not run again', async () => {
  const cwd = repository(
    withWorkflow(
      'long',
      `await ctx.run('first', async () => { (await import('node:fs')).appendFileSync(ctx.project.path + '/.agent/first', 'x') })\n  ${HOLD}\n  return 'done'`,
    ),
  )
  const running = start(cwd, ['run', 'long'])
  await running.saw('step hold started')
  running.process.kill('SIGKILL')
  await running.ended
  const { writeFileSync } = await import('node:fs')
  writeFileSync(join(cwd, '.agent/go'), '')
  expect(await start(cwd, ['resume', 'latest']).ended).toMatchObject({ code: 0, stdout: '"done"\n' })
  expect(readFileSync(join(cwd, '.agent/first'), 'utf8')).toBe('x')
  expect(existsSync(join(cwd, '.agent/began'))).toBe(true)
})

test('cancel from another terminal ends an attached run with 130', async () => {
  const cwd = repository(withWorkflow('long', `try { ${HOLD} } finally { await ctx.comment('cleaned up') }`))
  const running = start(cwd, ['run', 'long'])
  await running.saw('step hold started')
  expect((await holdfast(cwd, ['cancel', 'latest'])).code).toBe(0)
  const ended = await running.ended
  expect(ended.code).toBe(130)
  expect(ended.stderr).toContain('comment: cleaned up')
})

test('a run that waits for an event stays attached and goes on when it comes', async () => {
  const cwd = repository(withWorkflow('waits', "return (await ctx.waitForEvent('go'))?.data"))
  const running = start(cwd, ['run', 'waits'])
  await running.saw('waits for event go')
  await holdfast(cwd, ['send', 'latest', 'go', '--data', '"now"'])
  expect(await running.ended).toMatchObject({ code: 0, stdout: '"now"\n' })
})
