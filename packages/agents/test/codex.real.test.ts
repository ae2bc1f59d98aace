import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createAgents } from '@holdfast/agents'
import { codexWith } from '@holdfast/agents/author'
import { ensureCodex, startScriptedModel, type ModelScript } from '@holdfast/agents/testing'
import type { AgentRequest } from '@holdfast/workflow-sdk/ports'
import { isAlive } from '@holdfast/workspace'
import { describe, expect, onTestFinished, test } from 'vitest'
import { rejection, requestFor, sumOf, temporaryFolder, transcriptOf, witness } from './helpers.ts'
import { leftOf, pidIn, until } from './processes.ts'

const installed = await ensureCodex()
const reason = 'skip' in installed ? installed.skip : ''
if (reason !== '') process.stderr.write(`Skipping the tests against Codex: ${reason}\n`)

/** Calls tools one by one; the newer one sends JavaScript that calls them. */
const MODEL = 'gpt-5.5'
const CODE_MODE_MODEL = 'gpt-6-astra'

const SCRIPT: ModelScript = {
  rules: [
    {
      when: '--say hello in a file',
      steps: [
        {
          text: 'I write it.',
          thinking: 'Which name?',
          tools: [{ write: { path: 'hello.txt', content: 'hi\n' } }],
          usage: { input: 120, output: 45, cacheRead: 4000, cacheWrite: 600, reasoning: 7 },
        },
        { text: 'Written.', usage: { input: 30, output: 12, cacheRead: 4700, cacheWrite: 80 } },
      ],
    },
    {
      when: 'now greet louder',
      steps: [
        { tools: [{ shell: 'echo $HOLDFAST_STEP_ID > marker.txt' }], usage: { input: 40, output: 10 } },
        { tools: [{ edit: { path: 'hello.txt', old: 'hi', new: 'HI' } }], usage: { input: 50, output: 20 } },
        { text: 'Louder.', usage: { input: 60, output: 5 } },
      ],
    },
    {
      when: 'which colour',
      steps: [
        { tools: [{ write: { path: 'hello.txt', content: 'changed\n' } }], usage: { input: 40, output: 10 } },
        { text: '{"colour":"red"}', usage: { input: 50, output: 20 } },
      ],
    },
    {
      when: 'long work',
      steps: [
        {
          text: 'Working.',
          tools: [{ shell: 'echo once >> edited.txt; echo $$ > tool.pid; sleep 600' }],
          usage: { input: 77, output: 33 },
        },
      ],
    },
    {
      when: 'where were we',
      steps: [
        {
          text: 'Going on.',
          tools: [{ shell: 'echo $$ > tool.pid; sleep 600' }],
          usage: { input: 11, output: 7 },
        },
      ],
    },
    { when: 'too much', steps: [{ error: { status: 503 } }] },
  ],
}

// Outside CI a machine without network cannot install the program; under CI `ensureCodex` throws instead.
describe.skipIf(reason !== '')(`Codex itself${reason === '' ? '' : ` (skipped: ${reason})`}`, () => {
  test('[AG2] [AG3] [AG4] [AG7] [AG8] edits, goes on in the same session, and writes nothing in plan mode', async () => {
    const { start, cwd, model } = await setUp()
    const hello = (): Promise<string> => readFile(path.join(cwd, 'hello.txt'), 'utf8')
    const first = start({ prompt: '--say hello in a file' })
    const outcome = await first.outcome
    expect(await hello()).toBe('hi\n')
    expect(outcome).toMatchObject({ text: 'Written.', output: undefined, costUsd: null })
    expect(first.seen.sessions).toEqual([outcome.sessionId])
    expect(first.seen.models).toEqual([MODEL])
    expect(first.seen.activity).toContainEqual({ kind: 'tool', text: `Edit ${path.join(cwd, 'hello.txt')}` })
    expect(first.seen.usage).toMatchObject([
      {
        inputTokens: 120,
        outputTokens: 45,
        cachedReadTokens: 4000,
        cachedWriteTokens: 600,
        reasoningTokens: 7,
      },
      { inputTokens: 30, outputTokens: 12, cachedReadTokens: 4700, cachedWriteTokens: 80 },
    ])
    expect(first.seen.usage[0]).toMatchObject({ provider: 'mine', model: MODEL })
    expect(outcome.usage).toMatchObject({ inputTokens: 150, outputTokens: 57, cachedReadTokens: 8700 })
    const lines = await transcriptOf(first.request)
    expect(lines[0]).toMatchObject({ type: 'holdfast', event: 'started', sessionId: null })
    expect(lines.find(({ event }) => event === 'session')).toMatchObject({ sessionId: outcome.sessionId })
    expect(lines.at(-1)).toMatchObject({ type: 'holdfast', event: 'ended', exitCode: 0 })

    const resume = { sessionId: outcome.sessionId, resume: true }
    const second = start({ prompt: 'now greet louder', ...resume })
    // Codex says the sum of the thread; ours is this step alone.
    expect(await second.outcome).toMatchObject({
      text: 'Louder.',
      sessionId: outcome.sessionId,
      usage: { inputTokens: 150, outputTokens: 35, cachedReadTokens: 0 },
    })
    expect(await hello()).toBe('HI\n')
    expect(await readFile(path.join(cwd, 'marker.txt'), 'utf8')).toBe(`${second.request.marker.stepId}\n`)
    expect(second.seen.usage.map((of) => of.inputTokens)).toEqual([40, 50, 60])
    expect(JSON.stringify(model.calls.at(-1)?.body)).toContain('say hello in a file')

    const outputSchema = {
      type: 'object',
      properties: { colour: { type: 'string' } },
      required: ['colour'],
      additionalProperties: false,
    }
    const third = start({ prompt: 'which colour', permissionMode: 'plan', outputSchema, ...resume })
    expect(await third.outcome).toMatchObject({ output: { colour: 'red' }, usage: { inputTokens: 90 } })
    expect(await hello()).toBe('HI\n')
    expect(third.seen.activity.filter(({ kind }) => kind === 'notice')).toEqual([
      { kind: 'notice', text: expect.stringContaining('read-only') },
    ])
    expect(JSON.stringify(model.calls.at(-1)?.body['text'])).toContain('"colour"')
  })

  test('[AG9] [AG10] after SIGKILL nothing lives on and the session goes on, also when the worker died too; an abort leaves no process', async () => {
    const { start, cwd, sessionKept } = await setUp()
    const pidFile = path.join(cwd, 'tool.pid')
    const going = start({ prompt: 'long work', permissionMode: 'full' })
    const tool = await pidIn(pidFile)
    await sessionKept(1)
    const { transcriptPath } = going.request
    await until(async () => (await readFile(transcriptPath, 'utf8')).includes('"event":"session"'))
    const [sessionId = ''] = going.seen.sessions
    // The transcript as a dead worker leaves it: begun, and never ended.
    const kept = await readFile(transcriptPath, 'utf8')
    process.kill(going.seen.processes[0]?.pid ?? 0, 'SIGKILL')
    expect(await rejection(going.outcome)).toMatchObject({
      code: 'AGENT_FAILED',
      details: { signal: 'SIGKILL', sessionId },
    })
    expect(isAlive({ pid: tool, startTime: null })).toBe(false)
    expect(await leftOf(going.request)).toBe(0)
    expect(sumOf(going.seen.usage)).toMatchObject({ input: 77, output: 33 })

    await writeFile(transcriptPath, kept)
    await rm(pidFile)
    const controller = new AbortController()
    const { signal } = controller
    const prompt = 'where were we'
    const again = start({ prompt, permissionMode: 'full', resume: true, sessionId, transcriptPath, signal })
    const next = await pidIn(pidFile)
    await sessionKept(2)
    const enough = new Error('enough')
    controller.abort(enough)
    expect(await rejection(again.outcome)).toBe(enough)
    expect([tool, next].map((pid) => isAlive({ pid, startTime: null }))).toEqual([false, false])
    expect(again.seen.processes.map(isAlive)).toEqual([false])
    expect(await leftOf(again.request)).toBe(0)
    expect(again.seen.sessions).toEqual([sessionId])
    expect(again.seen.usage.map(({ callId }) => callId)).toContain(going.seen.usage[0]?.callId)
    expect(sumOf(again.seen.usage)).toMatchObject({ input: 88, output: 40 })
    expect(await readFile(path.join(cwd, 'edited.txt'), 'utf8')).toBe('once\n')
  })

  test('[AG7] a model in code mode edits too, by a tool that the stream tells like any other', async () => {
    const { start, cwd } = await setUp()
    const { outcome, seen } = start({ prompt: '--say hello in a file', model: CODE_MODE_MODEL })
    expect(await outcome).toMatchObject({ text: 'Written.', usage: { inputTokens: 150 } })
    expect(await readFile(path.join(cwd, 'hello.txt'), 'utf8')).toBe('hi\n')
    expect(seen.models).toEqual([CODE_MODE_MODEL])
    expect(seen.activity).toContainEqual({ kind: 'tool', text: `Edit ${path.join(cwd, 'hello.txt')}` })
  })

  test('[AG6] [AG12] a busy provider, a provider that is not there, an unknown session; and what inspect says', async () => {
    const { start, adapter, model } = await setUp()
    expect(await adapter.inspect()).toMatchObject({ installed: true, version: '0.169.0', signedIn: false })
    const unknown = { sessionId: '99999999-2222-4333-8444-555555555555', resume: true }
    expect(await rejection(start({ prompt: 'too much', ...unknown }).outcome)).toMatchObject({
      code: 'AGENT_SESSION_NOT_FOUND',
    })
    const code = 'AGENT_PROVIDER_OVERLOADED'
    expect(await rejection(start({ prompt: 'too much' }).outcome)).toMatchObject({ code })
    await model.close()
    expect(await rejection(start({ prompt: 'too much' }).outcome)).toMatchObject({ code })
  })
})

/** A model, a folder, and Codex with a home of its own. */
async function setUp() {
  const model = await startScriptedModel({ script: SCRIPT, keys: ['test-key'] })
  let open = true
  const close = async (): Promise<void> => {
    if (open) await model.close()
    open = false
  }
  onTestFinished(close)
  const home = await temporaryFolder()
  const cwd = path.join(home, 'work')
  await mkdir(cwd)
  await mkdir(path.join(home, '.codex'))
  const agent = codexWith({
    model: MODEL,
    config: {
      model_provider: 'mine',
      'model_providers.mine.name': 'mine',
      'model_providers.mine.base_url': `${model.url}/v1`,
      'model_providers.mine.wire_api': 'responses',
      'model_providers.mine.env_key': 'MINE_KEY',
      'model_providers.mine.request_max_retries': 1,
      'model_providers.mine.stream_max_retries': 1,
      // Nothing but the model is asked.
      'analytics.enabled': false,
      'features.plugins': false,
    },
  })
  const adapter = createAgents({
    environment: {
      PATH: process.env['PATH'],
      HOME: home,
      MINE_KEY: 'test-key',
      HOLDFAST_CODEX_COMMAND: 'file' in installed ? installed.file : 'codex',
    },
  }).get('codex')
  return {
    model: { ...model, close },
    adapter,
    cwd,
    start: (parts: Partial<AgentRequest>) => {
      const transcriptPath = path.join(home, `${randomUUID()}.jsonl`)
      const request = requestFor(cwd, { agent, transcriptPath, sessionId: null, ...parts })
      const seen = witness()
      onTestFinished(async () => void (await leftOf(request)))
      return { request, seen, outcome: adapter.check(request).then(() => adapter.run(request, seen)) }
    },
    /** Resolves when so many calls stand in Codex's own session file. */
    sessionKept: (calls: number) =>
      until(async () => (await sessionText(home)).split('token_usage_record').length > calls),
  }
}

/** Everything in the session files below a home. */
async function sessionText(home: string): Promise<string> {
  const sessions = path.join(home, '.codex', 'sessions')
  const files = (await readdir(sessions, { recursive: true })).filter((name) => name.endsWith('.jsonl'))
  const texts = await Promise.all(files.map((name) => readFile(path.join(sessions, name), 'utf8')))
  return texts.join('')
}
