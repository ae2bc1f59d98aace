import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import type { Io } from '../src/io.ts'
import { main } from '../src/main.ts'
import { holdfast, repository, start, withWorkflow } from './world.ts'

test('a worker says what its runs do, and ends at SIGINT', async () => {
  const cwd = repository({
    ...withWorkflow('work', 'return 1'),
    ...withWorkflow('fail', "throw new Error('no luck')"),
  })
  await holdfast(cwd, ['run', 'work', '--detach'])
  await holdfast(cwd, ['run', 'fail', '--detach'])
  const signals = new EventEmitter()
  const stderr = new PassThrough({ encoding: 'utf8' })
  const said = { text: '' }
  const bothDone = Promise.withResolvers<void>()
  stderr.on('data', (text: string) => {
    said.text += text
    if (/\(work\) completed/.test(said.text) && /\(fail\) failed: no luck/.test(said.text)) bothDone.resolve()
  })
  const io: Io = {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr,
    env: {},
    cwd,
    called: 'holdfast',
    signals,
  }
  const ended = main(['worker', '--concurrency', '1'], io)
  await bothDone.promise
  signals.emit('SIGINT')
  expect(await ended).toBe(0)
  expect(said.text).toContain('Discovered 2 workflows')
  expect(signals.listenerCount('SIGTERM')).toBe(0)
})

test('a concurrency that is none is wrong usage', async () => {
  const { code, stderr } = await holdfast(repository(), ['worker', '--concurrency', 'many'])
  expect(code).toBe(2)
  expect(stderr).toContain('--concurrency is "many"')
})

test('a second signal ends a worker whose step does not listen', async () => {
  const cwd = repository(
    withWorkflow(
      'deaf',
      "await ctx.run('deaf', () => new Promise((resolve) => setTimeout(resolve, 600_000)))",
    ),
  )
  await holdfast(cwd, ['run', 'deaf', '--detach'])
  const worker = start(cwd, ['worker'])
  await worker.saw(/\(deaf\) running/)
  worker.process.kill('SIGTERM')
  await worker.saw('Stopping')
  worker.process.kill('SIGTERM')
  expect((await worker.ended).code).toBe(130)
})
