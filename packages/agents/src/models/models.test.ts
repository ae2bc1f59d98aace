import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import type { ModelRequest } from '@holdfast/workflow-sdk/ports'
import { startScriptedModel, type ModelScript, type ScriptedModel } from '../testing/index.ts'
import { createModels } from './createModels.ts'
import type { ModelsConfig } from './config.ts'

const KEY = 'sk-test-0123456789'

async function serve(script: ModelScript): Promise<ScriptedModel> {
  const server = await startScriptedModel({ script, keys: [KEY] })
  onTestFinished(() => server.close())
  return server
}

function modelsAt(url: string, environment: Record<string, string> = {}, config: ModelsConfig = {}) {
  return createModels({
    config: { providers: { house: { baseUrl: `${url}/v1`, keyVariable: 'HOUSE_KEY' }, ...config.providers } },
    environment: {
      ANTHROPIC_API_KEY: KEY,
      ANTHROPIC_BASE_URL: url,
      OPENAI_API_KEY: KEY,
      OPENAI_BASE_URL: url,
      GEMINI_API_KEY: KEY,
      GOOGLE_GEMINI_BASE_URL: url,
      HOUSE_KEY: KEY,
      ...environment,
    },
  })
}

const request = (text: string, more: Partial<ModelRequest> = {}): ModelRequest => ({
  model: 'anthropic/claude-sonnet-4-5',
  stepName: 'look',
  place: { runId: 'r', stepKey: 'look', workspacePath: '/w' },
  system: null,
  messages: [{ role: 'user', text }],
  outputSchema: null,
  config: {},
  idleTimeoutMs: 30_000,
  signal: new AbortController().signal,
  ...more,
})

const MODELS = ['anthropic/claude-sonnet-4-5', 'openai/gpt-5.5', 'google/gemini-2.5-pro', 'house/small']
const LONG = 'One answer, which comes in more than one piece, as answers do.'

test.each(MODELS)(
  '[AG50] %s streams its answer and says what it used, cache and thinking apart',
  async (model) => {
    const usage = { input: 100, output: 20, cacheRead: 30 }
    const server = await serve({ rules: [{ when: 'hello', steps: [{ text: LONG, usage }] }] })
    const pieces: string[] = []
    const answer = await modelsAt(server.url).ask(
      request('hello', { model, system: 'Be brief', config: { temperature: 0.1, maxOutputTokens: 50 } }),
      {
        onDelta: (text) => pieces.push(text),
      },
    )
    expect(pieces.length).toBeGreaterThan(1)
    expect(pieces.join('')).toBe(LONG)
    expect(answer).toMatchObject({ text: LONG, output: undefined, stopReason: 'stop' })
    expect(answer.usage).toMatchObject({
      outputTokens: 20,
      cachedReadTokens: 30,
      provider: model.split('/')[0],
      model: model.split('/')[1],
      costUsd: null,
    })
    expect(answer.usage.inputTokens).toBe(100)
    expect(answer.usage.callId).toMatch(/^prompt-/)
    expect(JSON.stringify(server.calls[0]!.body)).toContain('Be brief')
  },
)

test.each(MODELS)(
  '[AG51] %s is asked for JSON where there is a schema, and a whole conversation',
  async (model) => {
    const steps = [
      { text: 'first' },
      model.startsWith('anthropic')
        ? { tools: [{ name: 'json', input: { ok: true } }] }
        : { text: '{"ok":true}' },
    ]
    const server = await serve({ rules: [{ when: 'begin', steps }] })
    const outputSchema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] }
    const answer = await modelsAt(server.url).ask(
      request('', {
        model: model.replace('claude-sonnet-4-5', 'claude-3-5-haiku-latest'),
        outputSchema,
        messages: [
          { role: 'user', text: 'begin' },
          { role: 'assistant', text: 'first' },
          { role: 'user', text: 'Answer again' },
        ],
      }),
      { onDelta: () => {} },
    )
    expect(answer.output).toEqual({ ok: true })
    expect(JSON.stringify(server.calls[0]!.body)).toContain('"ok"')
  },
)

test.each([
  [
    { error: { status: 429, type: 'rate_limit_error', headers: { 'retry-after': '7' } } },
    'AGENT_PROVIDER_OVERLOADED',
    'rate-limited',
  ],
  [
    { error: { status: 429, message: 'You exceeded your current quota' } },
    'AGENT_PROVIDER_OVERLOADED',
    'quota',
  ],
  [{ error: { status: 529 } }, 'AGENT_PROVIDER_OVERLOADED', 'overloaded'],
  [{ error: { status: 404, message: 'model: x not found' } }, 'MODEL_UNKNOWN', 'model-unknown'],
  [
    { error: { status: 400, message: 'prompt is too long: 300000 tokens' } },
    'MODEL_REFUSED',
    'context-too-long',
  ],
  [{ error: { status: 400, message: `no such setting, said ${KEY}` } }, 'MODEL_REFUSED', null],
  [{ error: { status: 401, message: 'invalid x-api-key' } }, 'MODEL_KEY_INVALID', 'bad-key'],
  [{ text: 'half of it', cut: true }, null, null],
])('[AG52] %j is %s of kind %s, asked once, and no key in it', async (step, code, kind) => {
  const server = await serve({ rules: [{ when: 'x', steps: [step] }] })
  for (const model of MODELS) {
    const before = server.calls.length
    const error = await modelsAt(server.url)
      .ask(request('x', { model }), { onDelta: () => {} })
      .then(
        () => null,
        (thrown: unknown) =>
          thrown as { code: string; details: { kind: string; resetAt: string | null }; afterMs?: number },
      )
    if (code === null) expect(['MODEL_FAILED', 'AGENT_PROVIDER_OVERLOADED']).toContain(error?.code)
    else expect({ code: error?.code, kind: error?.details.kind }).toEqual({ code, kind })
    if (kind === 'rate-limited') expect(error?.afterMs).toBeGreaterThan(5000)
    expect(server.calls.length).toBe(before + 1)
    expect(JSON.stringify([error, String(error), (error as { stack?: string } | null)?.stack])).not.toContain(
      KEY,
    )
    expect(error).not.toHaveProperty('cause.requestBodyValues')
  }
})

test('[AG53] an abort ends the request with its reason, and so does silence', async () => {
  const server = await serve({ rules: [{ when: 'x', steps: [{ text: 'late', hold: 'gate' }] }] })
  const stop = new AbortController()
  const asked = modelsAt(server.url).ask(request('x', { signal: stop.signal }), { onDelta: () => {} })
  await server.held('gate')
  const reason = new Error('cancelled')
  stop.abort(reason)
  await expect(asked).rejects.toBe(reason)
  await expect(
    modelsAt(server.url).ask(request('x', { idleTimeoutMs: 30 }), { onDelta: () => {} }),
  ).rejects.toMatchObject({ code: 'STEP_TIMED_OUT' })
})

test('[AG54] what cannot be asked is refused before anything is sent', async () => {
  const models = createModels({
    config: { providers: { bare: {}, own: { baseUrl: 'http://127.0.0.1:9/v1' } } },
    environment: {},
  })
  const code = (model: string | null, config = {}): unknown => {
    try {
      return models.resolve({ model, stepName: 'look', config })
    } catch (error) {
      return (error as { code: string }).code
    }
  }
  expect(code(null)).toBe('MODEL_UNKNOWN')
  expect(code('gpt-5')).toBe('MODEL_UNKNOWN')
  expect(code('nobody/x')).toBe('MODEL_UNKNOWN')
  expect(code('bare/x')).toBe('MODEL_UNKNOWN')
  expect(code('openai/gpt-5.5')).toBe('MODEL_KEY_INVALID')
  expect(code('own/org/small')).toEqual({ provider: 'own', model: 'org/small' })
  expect(code('own/x', { temperature: 'hot' })).toBe('OPTION_INVALID')
  expect(code('own/x', { heat: 1 })).toBe('OPTION_UNKNOWN')
  expect(models.inspect().map(({ name, ready }) => [name, ready])).toEqual([
    ['anthropic', false],
    ['openai', false],
    ['google', false],
    ['bare', true],
    ['own', true],
  ])
  const withKey = createModels({ environment: { OPENAI_API_KEY: KEY } }).inspect()
  expect(JSON.stringify(withKey)).not.toContain(KEY)
})

test('[AG50] nothing of the SDK, of templates or of YAML is loaded before the first call', async () => {
  const script = `import { registerHooks } from 'node:module'
    const seen = []
    registerHooks({ load: (url, context, next) => (seen.push(url), next(url, context)) })
    const { createModels } = await import('@holdfast/agents')
    createModels({ environment: { OPENAI_API_KEY: 'k' } }).resolve({ model: 'openai/x', stepName: 's', config: {} })
    await import('@holdfast/agents/prompts')
    const heavy = seen.filter((url) => /node_modules\\/(ai|@ai-sdk|liquidjs|yaml)\\//.test(url))
    console.log(JSON.stringify({ heavy, own: seen.some((url) => url.includes('createModels')) }))`
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=source', '--input-type=module', '-e', script],
    {
      cwd: import.meta.dirname,
    },
  )
  expect(JSON.parse(stdout)).toEqual({ heavy: [], own: true })
})
