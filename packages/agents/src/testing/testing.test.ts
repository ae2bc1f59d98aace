import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { temporaryFolder } from '../../test/helpers.ts'
import { CLAUDE_VERSION, ensureClaude } from './ensureClaude.ts'
import { startScriptedModel } from './scriptedModel.ts'
import type { ModelScript } from './script.ts'

async function model(script: ModelScript, keys?: readonly string[]) {
  const server = await startScriptedModel({ script, ...(keys === undefined ? {} : { keys }) })
  onTestFinished(() => server.close())
  const ask = (messages: readonly object[], more: object = {}, key = 'k') =>
    fetch(`${server.url}/v1/messages?beta=true`, {
      method: 'POST',
      headers: { 'x-api-key': key },
      body: JSON.stringify({ model: 'm', messages, ...more }),
    })
  return { server, ask }
}

const user = (content: unknown): object => ({ role: 'user', content })
const assistant = { role: 'assistant', content: 'x' }

test('[AG17] the last message that fits a rule decides, and what was said since then the step', async () => {
  const { ask, server } = await model({
    rules: [{ when: 'hello', steps: [{ text: 'one' }, { text: 'two' }] }],
    fallback: { text: 'else' },
  })
  const text = async (messages: readonly object[]): Promise<unknown> =>
    ((await (await ask(messages)).json()) as { content: { text: string }[] }).content[0]?.text
  expect(await text([user('Hello')])).toBe('one')
  expect(await text([user('Hello')])).toBe('one')
  const result = user([{ type: 'tool_result', content: 'hello' }])
  expect(await text([user('hello'), assistant, result])).toBe('two')
  expect(await text([user('hello'), assistant, result, assistant, user('bye')])).toBe('else')
  expect(await text([user([{ type: 'text', text: '<system-reminder>hello</system-reminder>' }])])).toBe(
    'else',
  )
  expect(server.calls.map(({ turn }) => turn)).toEqual([0, 0, 1, 2, 0])
})

test('[AG17] streams events in the order of the Messages API', async () => {
  const { ask } = await model({
    rules: [
      {
        when: '.',
        steps: [
          {
            thinking: 'hm',
            text: 'A text that is longer',
            tools: [{ write: { path: 'a', content: 'b' } }],
            usage: { output: 9 },
          },
        ],
      },
    ],
  })
  const response = await ask([user('x')], { stream: true, system: 'Primary working directory: /project' })
  const events = (await response.text())
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)) as Record<string, unknown>)
  expect([...new Set(events.map(({ type }) => type))]).toEqual([
    'message_start',
    'content_block_start',
    'content_block_delta',
    'content_block_stop',
    'message_delta',
    'message_stop',
  ])
  expect(events.findLast(({ type }) => type === 'content_block_delta')).toMatchObject({
    delta: { partial_json: '{"file_path":"/project/a","content":"b"}' },
  })
  expect(events.at(-2)).toMatchObject({ delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 9 } })
})

test('[AG17] errors with a number of times, wrong keys, cut connections and other paths', async () => {
  const { ask, server } = await model(
    {
      rules: [
        { when: 'busy', steps: [{ error: { status: 529, times: 1 }, text: 'now' }] },
        { when: 'cut', steps: [{ text: 'never whole', cut: true }] },
      ],
    },
    ['k'],
  )
  const busy = await ask([user('busy')])
  expect([busy.status, await busy.json()]).toEqual([
    529,
    { type: 'error', error: { type: 'overloaded_error', message: 'scripted' } },
  ])
  expect((await ask([user('busy')])).status).toBe(200)
  expect((await ask([user('busy')], {}, 'other')).status).toBe(401)
  await expect(ask([user('cut')])).rejects.toThrow('fetch failed')
  await expect(ask([user('cut')], { stream: true }).then((response) => response.text())).rejects.toThrow()
  expect((await fetch(`${server.url}/v1/models`)).status).toBe(404)
  const counted = await fetch(`${server.url}/v1/messages/count_tokens`, {
    method: 'POST',
    body: 'x'.repeat(40),
  })
  expect(await counted.json()).toEqual({ input_tokens: 10 })
  const broken = await fetch(`${server.url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': 'k' },
    body: '{',
  })
  expect(broken.status).toBe(500)
})

test('[AG17] a held answer comes when it is released, and a script can be changed', async () => {
  const { ask, server } = await model({
    rules: [{ when: '.', steps: [{ text: 'free', hold: 'gate', delayMs: 1 }] }],
  })
  const answer = ask([user('x')])
  await server.held('gate')
  server.release('gate')
  expect((await answer).status).toBe(200)
  server.setScript({ rules: [], fallback: { text: 'other' } })
  expect(await (await ask([user('x')])).text()).toContain('other')
})

test('[AG18] a program in the cache is used as it is; one that cannot be had is a reason to skip, or under CI an error', async () => {
  const cache = await temporaryFolder()
  vi.stubEnv('HOLDFAST_TEST_CACHE', cache)
  vi.stubEnv('PATH', cache)
  onTestFinished(() => void vi.unstubAllEnvs())
  // An npm that fails stands where npm is looked for first, so that nothing is fetched.
  const before = process.execPath
  process.execPath = path.join(cache, 'node')
  onTestFinished(() => void (process.execPath = before))
  await writeFile(path.join(cache, 'npm'), '#!/bin/sh\necho "no network" >&2\nexit 1\n', { mode: 0o755 })
  vi.stubEnv('CI', '')
  expect(await ensureClaude()).toEqual({ skip: expect.stringContaining('no network') })
  vi.stubEnv('CI', 'true')
  await expect(ensureClaude()).rejects.toThrow('no network')

  const file = path.join(
    ...[cache, `claude-${CLAUDE_VERSION}`, 'node_modules', '@anthropic-ai'],
    `claude-code-${process.platform}-${process.arch}`,
    'claude',
  )
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, '')
  expect(await ensureClaude()).toEqual({ file })
})
