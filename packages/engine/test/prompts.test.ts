import { openStore } from '@holdfast/store'
import { createWorkflow, WorkflowError, type AnyWorkflow, type WorkflowContext } from '@holdfast/workflow-sdk'
import type { ModelPort, ModelRequest, PromptPort, PromptVersion } from '@holdfast/workflow-sdk/ports'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { createTestEngine, turns, type TestEngine } from '../src/testing/index.ts'

/** What the model does with one request: an answer, an error, or silence until it is aborted. */
type Said = string | Error | 'never'

interface World {
  readonly engine: TestEngine
  readonly requests: ModelRequest[]
  readonly versions: PromptVersion[]
}

const version = (number: number, more: Partial<PromptVersion> = {}): PromptVersion => ({
  id: `p${number}`,
  name: 'review',
  version: number,
  text: `Look at {{ file }} (${number})`,
  model: 'house/small',
  config: { temperature: 0.5 },
  output: null,
  variables: null,
  ...more,
})

async function world(
  workflow: AnyWorkflow,
  say: (request: ModelRequest, call: number) => Said,
): Promise<World> {
  const requests: ModelRequest[] = []
  const versions = [version(1)]
  const models: ModelPort = {
    resolve: ({ model }) => {
      const [provider = '', name = ''] = (model ?? 'house/default').split('/')
      return { provider, model: name }
    },
    ask: async (request, observer) => {
      requests.push(request)
      const said = say(request, requests.length)
      if (said instanceof Error) throw said
      if (said === 'never') {
        observer.onDelta('Let me')
        return await new Promise((_, reject) => {
          request.signal.addEventListener('abort', () => reject(request.signal.reason as Error))
        })
      }
      observer.onDelta(said)
      const output = request.outputSchema === null ? undefined : (JSON.parse(said) as unknown)
      const usage = {
        inputTokens: 100,
        outputTokens: 10,
        cachedReadTokens: 5,
        cachedWriteTokens: 0,
        reasoningTokens: 3,
        provider: 'house',
        model: 'small',
        costUsd: 0.01,
        priceSource: 'config',
        latencyMs: 7,
        callId: `call-${requests.length}`,
      }
      return { text: said, output, usage, stopReason: 'stop' }
    },
    inspect: () => [],
  }
  const prompts: PromptPort = {
    find: async () => versions.at(-1)!,
    load: async (id) => versions.find((one) => one.id === id)!,
    render: async ({ text }, variables) => text.replace('{{ file }}', String(variables['file'])),
  }
  const engine = await createTestEngine({
    openStore: (now) => openStore('sqlite::memory:', { now }),
    workflows: [workflow],
    models,
    prompts,
  })
  onTestFinished(() => engine.close())
  return { engine, requests, versions }
}

const flow = (body: (ctx: WorkflowContext) => Promise<unknown>, config = {}): AnyWorkflow =>
  createWorkflow({ name: 'w', ...config }, body) as AnyWorkflow

it('[EP1] a finished prompt is answered from the journal, and its version, usage and call are in it', async () => {
  const w = flow(async (ctx) => {
    const result = await ctx.prompt('look', 'review', { variables: { file: 'a.ts' } })
    await ctx.sleep('1h')
    return result
  })
  const { engine, requests } = await world(w, () => 'Fine.')
  const run = await engine.start(w, {})
  await run.settled()
  await engine.restart()
  await engine.advance('1h')
  expect(await run.output()).toEqual({
    text: 'Fine.',
    usage: {
      inputTokens: 100,
      outputTokens: 10,
      cachedReadTokens: 5,
      cachedWriteTokens: 0,
      reasoningTokens: 3,
      totalTokens: 110,
    },
    costUsd: 0.01,
    promptVersion: 1,
    model: 'house/small',
    stopReason: 'stop',
  })
  expect(requests.map(({ messages, config }) => [messages, config])).toEqual([
    [[{ role: 'user', text: 'Look at a.ts (1)' }], { temperature: 0.5 }],
  ])
  const usage = (await engine.store.listLlmUsage({ runId: run.id })).map((row) => [
    row.model,
    row.input_tokens,
    row.cost,
    row.latency_ms,
  ])
  expect(usage).toEqual([['small', 100, 0.01, 7]])
  const types = (await run.journal()).map((event) => event.type)
  // The call is durable before it is paid.
  expect(types.indexOf('step.updated')).toBeLessThan(types.indexOf('usage.recorded'))
  expect((await run.steps())[0]).toMatchObject({ kind: 'prompt', name: 'look', status: 'completed' })
  expect(engine.files.lines.map((line) => line.message)).toEqual(['Fine.'])
})

it('[EP2] what an answer lacks goes back with the reason; a crash in a repair keeps what was said, and the version', async () => {
  const w = flow((ctx) =>
    ctx
      .prompt('look', 'review', { variables: { file: 'a' }, schema: z.object({ ok: z.boolean() }) })
      .then((r) => r.output),
  )
  const { engine, requests, versions } = await world(w, (_, call) =>
    call === 1 ? '{"ok":"perhaps"}' : call === 2 ? 'never' : '{"ok":true}',
  )
  const run = await engine.start(w, {})
  while (requests.length < 2) await turns(1)
  versions.push(version(2))
  await engine.restart()
  expect(await run.output()).toEqual({ ok: true })
  expect(requests).toHaveLength(3)
  expect(requests[2]!.messages).toEqual(requests[1]!.messages)
  expect(requests[2]!.messages.map(({ role, text }) => [role, text.split('\n')[0]])).toEqual([
    ['user', 'Look at a (1)'],
    ['assistant', '{"ok":"perhaps"}'],
    ['user', expect.stringMatching(/^Your answer was not accepted\. .*ok: .*expected boolean/)],
  ])
})

it('[EP2] an answer that never fits fails the step after its repairs, and no further attempt is made', async () => {
  const w = flow((ctx) =>
    ctx.prompt('look', { text: 'Say yes' }, { schema: z.object({ ok: z.boolean() }), maxRepairs: 1 }),
  )
  const { engine, requests } = await world(w, () => '{}')
  const run = await engine.start(w, {})
  expect((await run.ended()).error).toMatchObject({ code: 'ANSWER_INVALID' })
  expect(requests).toHaveLength(2)
})

it('[EP3] trouble that may pass is tried again after a delay, a quota is waited for, and what cannot help is final', async () => {
  const trouble = (code: 'AGENT_PROVIDER_OVERLOADED' | 'MODEL_KEY_INVALID', details: object) =>
    new WorkflowError(code, 'no', { details: { ...details } })
  const w = flow((ctx) =>
    ctx
      .prompt('look', { text: 'Hi', system: 'Be short' }, { model: 'house/big' })
      .then((r) => [r.text, r.promptVersion, r.model]),
  )
  const { engine, requests } = await world(w, (_, call) => {
    const resetAt = new Date(Date.UTC(2026, 0, 2)).toISOString()
    if (call === 1) return trouble('AGENT_PROVIDER_OVERLOADED', { kind: 'overloaded' })
    if (call === 2) return trouble('AGENT_PROVIDER_OVERLOADED', { kind: 'quota', resetAt })
    return call === 3 ? 'Hello' : trouble('MODEL_KEY_INVALID', { kind: 'bad-key' })
  })
  const run = await engine.start(w, {})
  expect((await run.settled()).waiting_for?.reason).toBe('retry')
  await engine.advance('2s')
  expect((await run.settled()).waiting_for?.reason).toBe('quota')
  await engine.advance('1 day')
  expect(await run.output()).toEqual(['Hello', null, 'house/big'])
  expect(requests[2]).toMatchObject({
    system: 'Be short',
    model: 'house/big',
    messages: [{ role: 'user', text: 'Hi' }],
  })
  const other = await engine.start(w, {})
  expect((await other.ended()).error).toMatchObject({ code: 'MODEL_KEY_INVALID' })
  expect(requests).toHaveLength(4)
})

it('[EP4] a budget that is used up parks with a question before the next call, and goes on when it is raised', async () => {
  const w = flow(
    async (ctx) => {
      await ctx.prompt('one', { text: 'Hi' })
      return (await ctx.prompt('two', { text: 'Hi again' })).text
    },
    { budget: { usd: 0.01 }, onFailure: 'ask' },
  )
  const { engine, requests } = await world(w, () => 'Hello')
  const run = await engine.start(w, {})
  expect((await run.settled()).waiting_for?.reason).toBe('budget')
  expect(requests).toHaveLength(1)
  await engine.restart()
  await run.answer({ approved: true, answer: 'raise' })
  expect(await run.output()).toBe('Hello')
})

it('[EP4] a call that passes a limit while it is under way is aborted, and made again when that is raised', async () => {
  const w = flow(
    async (ctx) => (await ctx.prompt('one', { text: 'Hi' }, { budget: { wallMs: 1000 } })).text,
    {
      onFailure: 'ask',
    },
  )
  const { engine, requests } = await world(w, (_, call) => (call === 1 ? 'never' : 'Hello'))
  const run = await engine.start(w, {})
  while (requests.length < 1) await turns(1)
  await engine.advance('2s')
  expect((await run.settled()).waiting_for?.reason).toBe('budget')
  expect(requests[0]!.signal.aborted).toBe(true)
  await run.answer({ approved: true, answer: 'continue' })
  expect(await run.output()).toBe('Hello')
})

it('[EP5] a cancel aborts the request, and so do a time-out and an interruption that is not to be repeated', async () => {
  const w = flow((ctx) => ctx.prompt('look', { text: 'Hi' }, ctx.input as object))
  const { engine, requests } = await world(w, () => 'never')
  const run = await engine.start(w, {})
  while (requests.length < 1) await turns(1)
  await run.cancel()
  expect((await run.ended()).status).toBe('cancelled')
  expect(requests[0]!.signal.aborted).toBe(true)
  const timed = await engine.start(w, { timeoutMs: 1000, retry: { maxAttempts: 1 } })
  while (requests.length < 2) await turns(1)
  await engine.advance('2s')
  expect((await timed.ended()).error).toMatchObject({ code: 'STEP_TIMED_OUT' })
  const notes = (await timed.journal()).flatMap((event) =>
    event.type === 'step.updated' ? [event.payload.note] : [],
  )
  expect(notes.at(-1)).toBe('A call of house/default broke off; what it used is not known.')
  const once = await engine.start(w, { onInterrupted: 'fail' })
  while (requests.length < 3) await turns(1)
  await engine.restart()
  expect((await once.ended()).error).toMatchObject({ code: 'STEP_INTERRUPTED' })
  expect(requests).toHaveLength(3)
})

it.each([
  [['', { text: 'x' }], 'OPTION_INVALID'],
  [['a', 7], 'OPTION_INVALID'],
  [['a', { text: '' }], 'OPTION_INVALID'],
  [['a', { text: 'x', more: 1 }], 'OPTION_UNKNOWN'],
  [['a', { text: 'x' }, { variables: {} }], 'OPTION_INVALID'],
  [['a', 'review', { variables: [] }], 'OPTION_INVALID'],
  [['a', 'review', { maxRepairs: -1 }], 'OPTION_INVALID'],
  [['a', 'review', { temperature: 1 }], 'OPTION_UNKNOWN'],
  [['a', 'review', { schema: z.date() }], null],
])('[EP6] a call with %j is refused', async (args, code) => {
  const w = flow((ctx) => (ctx.prompt as (...given: unknown[]) => Promise<unknown>)(...args))
  const { engine, requests } = await world(w, () => '"x"')
  const run = await engine.start(w, {})
  const { error } = await run.ended()
  expect(error).toMatchObject(code === null ? { code: expect.any(String) } : { code })
  expect(requests).toEqual([])
})
