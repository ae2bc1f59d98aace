import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { AgentRequest } from '@holdfast/workflow-sdk/ports'
import { endProcesses, isAlive, RUN_VARIABLE } from '@holdfast/workspace'
import { expect, onTestFinished, test, vi } from 'vitest'
import { rejection, requestFor, temporaryFolder, transcriptOf, witness } from '../../test/helpers.ts'
import { replay } from '../author/index.ts'
import { createReplayAdapter } from './ReplayAdapter.ts'
import type { RecordingRule } from './recording.ts'

async function setUp(rules: readonly RecordingRule[]) {
  const folder = await temporaryFolder()
  const cwd = path.join(folder, 'work')
  await mkdir(cwd)
  const recording = path.join(folder, 'recording.json')
  await writeFile(recording, JSON.stringify({ holdfastRecording: 1, rules }))
  const adapter = createReplayAdapter({
    PATH: process.env['PATH'],
    HOLDFAST_REPLAY_STATE: path.join(folder, 'state'),
  })
  const runId = randomUUID()
  const start = (parts: Partial<AgentRequest>) => {
    const agent = replay({ recording, timeScale: 0 })
    const marker = { runId, stepId: randomUUID() }
    const request = requestFor(cwd, { agent, marker, ...parts })
    const seen = witness()
    onTestFinished(async () => void (await leftOf(request.marker.runId)))
    return { request, seen, outcome: adapter.check(request).then(() => adapter.run(request, seen)) }
  }
  const run = async (parts: Partial<AgentRequest>) => {
    const started = start(parts)
    return { ...started, outcome: await started.outcome }
  }
  return { folder, cwd, recording, adapter, start, run, runId }
}

function leftOf(runId: string): Promise<number> {
  return endProcesses({ variable: { name: RUN_VARIABLE, value: runId }, known: [] })
}

const read = (folder: string, name: string): Promise<string> => readFile(path.join(folder, name), 'utf8')

test('[AG13] the player keeps compiled modules where this process does, and its tools hear nothing of that', async () => {
  const { run, cwd, folder } = await setUp([
    {
      when: {},
      events: [{ shell: { command: 'echo "cache: $NODE_COMPILE_CACHE" > seen.txt' } }],
      answer: { text: 'Done.' },
    },
  ])
  vi.stubEnv('NODE_COMPILE_CACHE', path.join(folder, 'compiled'))
  onTestFinished(() => void vi.unstubAllEnvs())
  await run({})
  expect(await readdir(path.join(folder, 'compiled'))).toHaveLength(1)
  expect(await read(cwd, 'seen.txt')).toBe('cache: \n')
})

test('[AG13] a session is played by a process of its own: edits, usage, answer, transcript', async () => {
  const { run, cwd } = await setUp([
    {
      when: { prompt: 'greet' },
      model: 'recorded-1',
      events: [
        { text: 'I write.' },
        { write: { path: 'hello.txt', content: 'hi\n' } },
        { usage: { inputTokens: 10, outputTokens: 3, cachedReadTokens: 7, costUsd: 0.25 } },
        { usage: { inputTokens: 1, outputTokens: 1, costUsd: 0.5 } },
      ],
      answer: { text: 'Done.', output: { ok: true } },
    },
  ])
  const { outcome, seen, request } = await run({ prompt: 'Greet them', outputSchema: { type: 'object' } })
  expect(await read(cwd, 'hello.txt')).toBe('hi\n')
  expect(outcome).toEqual({
    text: 'Done.',
    output: { ok: true },
    sessionId: request.sessionId,
    usage: {
      inputTokens: 11,
      outputTokens: 4,
      cachedReadTokens: 7,
      cachedWriteTokens: 0,
      reasoningTokens: 0,
    },
    costUsd: 0.75,
    stopReason: 'end_turn',
  })
  expect(seen.sessions).toEqual([request.sessionId])
  expect(seen.models).toEqual(['recorded-1'])
  expect(seen.usage).toHaveLength(2)
  expect(seen.usage[0]).toMatchObject({
    provider: 'replay',
    model: 'recorded-1',
    costUsd: 0.25,
    priceSource: 'recording',
  })
  expect(seen.processes[0]?.pid).not.toBe(process.pid)
  expect((await transcriptOf(request)).map(({ type }) => type)).toEqual([
    'session',
    'text',
    'tool',
    'usage',
    'usage',
    'result',
  ])
})

test('[AG15] rules choose by step, prompt and call, over sessions and processes', async () => {
  const { run } = await setUp([
    { when: { step: 'review', call: 1 }, answer: { text: 'first review' } },
    { when: { step: 'review', call: 2 }, answer: { text: 'second review' } },
    { when: { step: 'review' }, answer: { text: 'later review' } },
    { when: { prompt: '^plan\\b' }, answer: { text: 'the plan' } },
  ])
  const text = async (parts: Partial<AgentRequest>): Promise<string> => (await run(parts)).outcome.text
  const review = { stepName: 'review', prompt: 'look' }
  expect(await text(review)).toBe('first review')
  expect(await text({ prompt: 'Plan it' })).toBe('the plan')
  expect(await text(review)).toBe('second review')
  expect(await text(review)).toBe('later review')
  // Another run counts for itself.
  expect(await text({ ...review, marker: { runId: randomUUID(), stepId: 's' } })).toBe('first review')
})

test('[AG15] calls that come at once get different numbers', async () => {
  const { run } = await setUp(
    [1, 2, 3, 4].map((call) => ({ when: { call }, answer: { text: String(call) } })),
  )
  const all = await Promise.all([run({}), run({}), run({}), run({})])
  expect(all.map(({ outcome }) => outcome.text).toSorted()).toEqual(['1', '2', '3', '4'])
})

test('[AG15] a prompt that no rule fits is AGENT_RECORDING_INVALID and named', async () => {
  const { start } = await setUp([{ when: { step: 'a', prompt: 'x' }, answer: { text: '' } }])
  expect(await rejection(start({ prompt: 'something else' }).outcome)).toMatchObject({
    code: 'AGENT_RECORDING_INVALID',
    message: expect.stringContaining('something else'),
    details: { conditions: [{ step: 'a', prompt: 'x' }] },
  })
})

test('[AG16] a folder of recordings is read by name; broken and missing ones are named', async () => {
  const { run, start, folder, cwd } = await setUp([{ when: {}, answer: { text: 'file' } }])
  const many = path.join(folder, 'many')
  await mkdir(many)
  const agent = replay({ recording: path.relative(cwd, many) })
  expect(await rejection(start({ agent }).outcome)).toMatchObject({
    message: expect.stringContaining('holds no recording'),
  })
  const file = (answer: string): string =>
    JSON.stringify({ holdfastRecording: 1, rules: [{ when: {}, answer: { text: answer } }] })
  await writeFile(path.join(many, 'b.json'), file('b'))
  await writeFile(path.join(many, 'a.json'), file('a'))
  expect((await run({ agent })).outcome.text).toBe('a')
  await writeFile(path.join(many, 'c.json'), '{"holdfastRecording":2}')
  expect(await rejection(start({ agent }).outcome)).toMatchObject({
    code: 'AGENT_RECORDING_INVALID',
    message: expect.stringContaining('holdfastRecording must be 1'),
  })
  await writeFile(path.join(many, 'c.json'), 'no json')
  expect(await rejection(start({ agent }).outcome)).toMatchObject({
    message: expect.stringContaining('cannot be read'),
  })
  const nowhere = replay({ recording: 'nowhere.json' })
  expect(await rejection(start({ agent: nowhere }).outcome)).toMatchObject({
    message: expect.stringContaining('There is no recording'),
  })
})

test('[AG13] recorded failures come with their code; usage before them counts', async () => {
  const { start, run } = await setUp([
    {
      when: { call: 1 },
      events: [{ usage: { inputTokens: 4 } }],
      answer: { fail: { code: 'AGENT_PROVIDER_OVERLOADED', message: 'busy' } },
    },
    { when: {}, answer: { text: 'ok' } },
  ])
  const first = start({})
  expect(await rejection(first.outcome)).toMatchObject({
    code: 'AGENT_PROVIDER_OVERLOADED',
    message: 'busy',
    retryable: true,
  })
  expect(first.seen.usage).toMatchObject([{ inputTokens: 4, costUsd: null }])
  const again = await run({ sessionId: first.request.sessionId, resume: true, marker: first.request.marker })
  expect(again.outcome).toMatchObject({ text: 'ok', costUsd: null })
})

test('[AG14] killed in the middle it goes on where it was, in the same session', async () => {
  const { start, run, cwd, runId } = await setUp([
    {
      when: {},
      events: [
        { write: { path: 'count.txt', content: 'x' } },
        { edit: { path: 'count.txt', old: 'x', new: 'xx' } },
        { usage: { inputTokens: 5, costUsd: 0.5 } },
        { text: 'Half way.' },
        { waitForFile: 'go' },
        { edit: { path: 'count.txt', old: 'xx', new: 'xxx' } },
        { usage: { inputTokens: 6, costUsd: 0.25 } },
      ],
      answer: { text: 'All of it.' },
    },
  ])
  const first = start({})
  await first.seen.saw('Half way.')
  process.kill(first.seen.processes[0]?.pid ?? 0, 'SIGKILL')
  expect(await rejection(first.outcome)).toMatchObject({
    code: 'AGENT_FAILED',
    details: { signal: 'SIGKILL' },
  })
  expect(await leftOf(runId)).toBe(0)
  await writeFile(path.join(cwd, 'go'), '')
  const { sessionId, marker } = first.request
  const second = await run({ sessionId, marker, resume: true, prompt: 'go on' })
  expect(await read(cwd, 'count.txt')).toBe('xxx')
  expect(second.outcome).toMatchObject({
    text: 'All of it.',
    sessionId,
    usage: { inputTokens: 11 },
    costUsd: 0.75,
  })
  // Recorded again under the id of before, so that it counts once.
  expect(second.seen.usage[0]?.callId).toBe(first.seen.usage[0]?.callId)
})

test('[AG14] a finished turn is answered again for its own step, and a new prompt is a new turn', async () => {
  const { run, cwd } = await setUp([
    {
      when: { prompt: 'more' },
      events: [{ edit: { path: 'n', old: '1', new: '12' } }],
      answer: { text: 'more' },
    },
    { when: {}, events: [{ write: { path: 'n', content: '1' } }], answer: { text: 'made' } },
  ])
  const { request } = await run({ prompt: 'make' })
  const { sessionId, marker } = request
  await run({ prompt: 'more', sessionId, resume: true })
  expect(await read(cwd, 'n')).toBe('12')
  const last = await run({ prompt: 'more', sessionId, resume: true, marker })
  expect(await read(cwd, 'n')).toBe('122')
  const same = await run({ prompt: 'more', sessionId, resume: true, marker })
  expect([last.outcome.text, same.outcome.text, await read(cwd, 'n')]).toEqual(['more', 'more', '122'])
})

test('[AG14] a session that is not there is AGENT_SESSION_NOT_FOUND', async () => {
  const { start } = await setUp([{ when: {}, answer: { text: '' } }])
  expect(await rejection(start({ resume: true }).outcome)).toMatchObject({ code: 'AGENT_SESSION_NOT_FOUND' })
})

test('[AG9] an abort during a tool leaves no process, also of a tool in a session of its own', async () => {
  const { start, cwd, runId } = await setUp([
    {
      when: {},
      events: [{ shell: { command: 'echo $$ > tool.pid; touch ready; sleep 600' } }],
      answer: { text: '' },
    },
  ])
  const controller = new AbortController()
  const { outcome, seen } = start({ signal: controller.signal })
  const fails = rejection(outcome)
  const tool = await pidIn(path.join(cwd, 'tool.pid'))
  const reason = new Error('enough')
  controller.abort(reason)
  expect(await fails).toBe(reason)
  expect([isAlive({ pid: tool, startTime: null }), ...seen.processes.map(isAlive)]).toEqual([false, false])
  expect(await leftOf(runId)).toBe(0)
})

test('[AG13] delays are scaled', async () => {
  const { run, recording } = await setUp([
    { when: {}, events: [{ text: 'late', delayMs: 3_600_000 }], answer: { text: 'ok' } },
  ])
  expect((await run({ agent: replay({ recording, timeScale: 0.000_001 }) })).outcome.text).toBe('ok')
})

test.each([
  ['OPTION_INVALID', { agent: { agent: 'replay' } }],
  ['OPTION_INVALID', { agent: { agent: 'replay', settings: { recording: 'x', timeScale: -1 } } }],
  ['OPTION_UNKNOWN', { agent: { agent: 'replay', settings: { recording: 'x', speed: 1 } } }],
  ['OPTION_INVALID', { resume: true, sessionId: null }],
  ['OPTION_INVALID', { sessionId: '../x' }],
  ['OPTION_INVALID', { maxTurns: 1.5 }],
] as const)('[AG15] %s for %j', async (code, parts) => {
  const { start } = await setUp([{ when: {}, answer: { text: '' } }])
  expect(await rejection(start(parts).outcome)).toMatchObject({ code })
})

test('[AG13] a structured answer that was not recorded is named', async () => {
  const { start } = await setUp([{ when: {}, answer: { text: 'words' } }])
  expect(await rejection(start({ outputSchema: {} }).outcome)).toMatchObject({
    code: 'AGENT_RECORDING_INVALID',
  })
})

test('[AG12] inspect needs nothing', async () => {
  const { adapter } = await setUp([])
  expect(await adapter.inspect()).toMatchObject({ installed: true, signedIn: true })
})

/** The process id that a tool of the agent writes into a file. */
async function pidIn(file: string): Promise<number> {
  for (let tries = 0; tries < 3000; tries += 1) {
    const pid = Number(await readFile(file, 'utf8').catch(() => ''))
    if (pid > 0) return pid
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`Nothing came to stand in ${file}.`)
}
