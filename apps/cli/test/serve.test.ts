import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { holdfast, put, repository, start, withWorkflow, type Running } from './world.ts'

/** JSON that is looked into without a type. */
type Loose = ReturnType<typeof JSON.parse>

const SERVER_FILE = '.agent/workflows/.cache/server.json'

/** Where the server of a project is, once it is ready. */
async function ready(cwd: string, server: Running): Promise<string> {
  await server.saw('Server is ready')
  return (JSON.parse(readFileSync(join(cwd, SERVER_FILE), 'utf8')) as { url: string }).url
}

async function ask(url: string, body?: object): Promise<Loose> {
  const answer = await fetch(
    url,
    body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
  )
  return await answer.json()
}

test('[SV15] a server that is killed goes on with its runs when it is started again; a stop is clean', async () => {
  const cwd = repository({
    '.gitignore': '.agent/holdfast.db*\n.agent/workflows/\n!.agent/workflows/templates/\n',
    ...withWorkflow(
      'pair',
      "await ctx.run('first', async () => 1); await ctx.waitForEvent('go'); await ctx.run('second', async () => 2); return 'done'",
    ),
  })
  const killed = start(cwd, ['serve', '--port', '0'])
  const before = await ready(cwd, killed)
  await killed.saw('Discovered 1 workflow')
  const { items } = await ask(`${before}/api/workflows`)
  const run = await ask(`${before}/api/workflows/${items[0].id}/execute`, { input: {} })
  killed.process.kill('SIGKILL')
  await killed.ended

  const server = start(cwd, ['serve', '--port', '0'])
  const url = await ready(cwd, server)
  expect((await ask(`${url}/api/executions/${run.id}`)).id).toBe(run.id)
  await ask(`${url}/api/executions/${run.id}/events`, { name: 'go' })
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/ws`)
  const completed = Promise.withResolvers<unknown>()
  const closed = Promise.withResolvers<number>()
  socket.addEventListener('open', () =>
    socket.send(JSON.stringify({ type: 'workflow:subscribe', executionId: run.id })),
  )
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(data as string) as { type: string; data: { status: string } }
    if (message.type === 'workflow:execution:completed') completed.resolve(message.data.status)
  })
  socket.addEventListener('close', ({ code }) => closed.resolve(code))
  expect(await completed.promise).toBe('completed')
  const { steps, output } = await ask(`${url}/api/executions/${run.id}`)
  expect([steps.map((step: Loose) => step.name), output]).toEqual([['first', 'second'], 'done'])

  server.process.kill('SIGTERM')
  expect(await closed.promise).toBe(1001)
  const { code, stderr } = await server.ended
  expect(code).toBe(0)
  expect(stderr).toMatch(/"reqId":"[^"]+","method":"GET","path":"\/api\/executions\//)
  expect(existsSync(join(cwd, SERVER_FILE))).toBe(false)
})

test('dev looks at changed workflows at once, and tells what is wrong in them', async () => {
  const cwd = repository(withWorkflow('one', 'return 1'))
  const server = start(cwd, ['dev', '--port', '0'])
  const url = await ready(cwd, server)
  await server.saw('Discovered 1 workflow')
  for (const [path, text] of Object.entries(withWorkflow('two', 'return 2'))) put(cwd, path, text)
  await server.saw('Discovered 2 workflows')
  put(cwd, '.agent/workflows/templates/two.ts', 'export default 1 +')
  await server.saw('two.ts:1')
  const names = (await ask(`${url}/api/workflows`)).items.map((one: Loose) => one.name)
  expect(names).toEqual(['one', 'two'])
})

test('[SV3] a server for others than this machine is refused, before anything is opened', async () => {
  const { code, stderr } = await holdfast(repository(), ['serve', '--host', '0.0.0.0'])
  expect([code, stderr]).toEqual([2, expect.stringContaining('SERVER_NEEDS_ACCOUNTS')])
  const port = await holdfast(repository(), ['dev', '--port', 'x'])
  expect([port.code, port.stderr]).toEqual([2, expect.stringContaining('--port is "x"')])
})
