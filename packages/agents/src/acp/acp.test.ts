import { describe, expect, test } from 'vitest'
import { requestFor, witness } from '../../test/helpers.ts'
import { acp } from '../author/index.ts'
import { createAcpAdapter } from './AcpAdapter.ts'
import { Connection, RpcError } from './Connection.ts'
import { acpEnvironment } from './environment.ts'
import { modelFailure, rpcFailure } from './failure.ts'
import { answerPermission } from './permissions.ts'
import { modeFor, modelFor, sessionChoices } from './sessionOptions.ts'
import { Updates } from './Updates.ts'
import { providerAndModel, statedUsage } from './usage.ts'

const command = ['no-such-agent', 'acp']
const place = { name: 'any', sessionId: 's' }

describe('check', () => {
  const adapter = createAcpAdapter({ PATH: '' })
  test.each([
    [{ agent: { agent: 'acp', settings: { name: 'a', command, moel: 'x' } } }, 'OPTION_UNKNOWN'],
    [{ agent: { agent: 'acp', settings: { name: 'a' } } }, 'OPTION_INVALID'],
    [{ agent: { agent: 'acp', settings: { name: 'a', command: [] } } }, 'OPTION_INVALID'],
    [{ agent: { agent: 'acp', settings: { name: 'a', command, modes: { all: 'x' } } } }, 'OPTION_INVALID'],
    [{ agent: { agent: 'acp', settings: { name: 'a', command, env: { A: 1 } } } }, 'OPTION_INVALID'],
    [{ resume: true }, 'OPTION_INVALID'],
    [{ sessionId: 'chosen' }, 'OPTION_INVALID'],
    [{ prompt: ' ' }, 'OPTION_INVALID'],
    [{ maxTurns: 3 }, 'AGENT_CAPABILITY_MISSING'],
    [{}, 'AGENT_NOT_INSTALLED'],
  ])('[AG1] %o is %s', async (parts, code) => {
    const request = requestFor('/', { agent: acp({ name: 'a', command }), sessionId: null, ...parts })
    await expect(adapter.check(request)).rejects.toMatchObject({ code })
  })
})

test('[AG41] rows call an agent as its reference does', () => {
  expect(createAcpAdapter({}).nameOf?.(acp({ name: 'mine', command }))).toBe('acp:mine')
})

test('[AG11] the environment is clean, but for what the reference passes on and sets', () => {
  const user = { PATH: '/bin', KEY: 'k', OTHER: 'o', XDG_DATA_HOME: '/d' }
  const settings = { name: 'a', command, passOn: ['KEY'], env: { A: '1', B: '1' } }
  expect(acpEnvironment(user, settings, { env: { B: '2' } })).toEqual({
    ...{ PATH: '/bin', XDG_DATA_HOME: '/d', KEY: 'k', A: '1', B: '2' },
  })
})

describe('permissions', () => {
  const options = [
    { optionId: 'y', kind: 'allow_once' },
    { optionId: 'n', kind: 'reject_once' },
  ]
  test.each([
    ['plan', 'read', [], 'y'],
    ['plan', 'edit', [], 'n'],
    ['edit', 'edit', [], 'y'],
    ['edit', 'execute', [], 'n'],
    ['edit', undefined, [], 'n'],
    ['edit', 'execute', ['execute'], 'y'],
    ['edit', 'execute', ['ls'], 'y'],
    ['full', undefined, [], 'y'],
  ] as const)('[AG4] %s answers %s with %s allowed: %s', (mode, kind, allowed, optionId) => {
    const answer = answerPermission({ toolCall: { kind, title: 'ls' }, options }, mode, allowed)
    expect(answer.outcome).toEqual({ outcome: 'selected', optionId })
    expect(answer.denied).toBe(optionId === 'n' ? 'ls' : null)
  })

  test('[AG4] where nothing fits the answer is cancelled', () => {
    expect(answerPermission({ options: [] }, 'full', []).outcome).toEqual({ outcome: 'cancelled' })
  })
})

describe('choices of a session', () => {
  const modern = sessionChoices({
    configOptions: [
      {
        ...{ id: 'm', category: 'mode', currentValue: 'build' },
        options: [{ value: 'build' }, { group: 'g', options: [{ value: 'plan' }] }],
      },
      { id: 'x', category: 'model', currentValue: 'a/b', options: [{ value: 'a/b' }, { value: 'a/c' }] },
    ],
  })
  const older = sessionChoices({
    modes: { currentModeId: 'plan', availableModes: [{ id: 'plan' }, { id: 'default' }] },
  })

  test('[AG4] plan needs a mode that writes nothing; other modes leave such a one', () => {
    expect(modeFor(modern.mode, 'plan', place)).toBe('plan')
    expect(modeFor(modern.mode, 'edit', place)).toBeNull()
    expect(modeFor(older.mode, 'plan', place)).toBeNull()
    expect(modeFor(older.mode, 'edit', place)).toBe('default')
    expect(modeFor(null, 'full', place)).toBeNull()
    expect(modeFor(older.mode, 'full', { ...place, modes: { full: 'default' } })).toBe('default')
    expect(() => modeFor(null, 'plan', place)).toThrow(
      expect.objectContaining({ code: 'AGENT_CAPABILITY_MISSING' }),
    )
    expect(() => modeFor(modern.mode, 'full', { ...place, modes: { full: 'yolo' } })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    )
    expect(older.mode?.choose('plan')).toEqual({ method: 'session/set_mode', params: { modeId: 'plan' } })
    expect(modern.mode?.choose('plan')).toEqual({
      method: 'session/set_config_option',
      params: { configId: 'm', value: 'plan' },
    })
  })

  test('[AG1] a model must be one of the session', () => {
    expect(modelFor(modern.model, 'a/c', 'any')).toBe('a/c')
    expect(modelFor(modern.model, 'a/b', 'any')).toBeNull()
    expect(modelFor(null, null, 'any')).toBeNull()
    expect(() => modelFor(modern.model, 'none', 'any')).toThrow(/It has: a\/b, a\/c/)
    expect(() => modelFor(null, 'a', 'any')).toThrow(
      expect.objectContaining({ code: 'AGENT_CAPABILITY_MISSING' }),
    )
  })
})

describe('the connection', () => {
  test('[AG5] answers find their calls, questions are answered, and what is no message is told apart', async () => {
    const sent: unknown[] = []
    const told: string[] = []
    const connection = new Connection({
      send: async (message) => void sent.push(message),
      onNotification: (method) => void told.push(method),
      onRequest: (method) => (method === 'known' ? { yes: true } : undefined),
      onError: (error) => void told.push(String(error)),
    })
    const say = (message: object): boolean =>
      connection.accept(JSON.stringify({ jsonrpc: '2.0', ...message }))
    const good = connection.call('a', { x: 1 })
    const bad = connection.call('b', {})
    expect(say({ id: 2, error: { code: -32_000, message: 'no', data: { why: 1 } } })).toBe(true)
    expect(say({ id: 1, result: { ok: 1 } })).toBe(true)
    expect(await good).toEqual({ ok: 1 })
    await expect(bad).rejects.toMatchObject({ message: 'no', code: -32_000, data: '{"why":1}' })
    say({ method: 'note', params: {} })
    say({ id: 'q', method: 'known' })
    say({ id: 7, method: 'fs/read_text_file' })
    expect(told).toEqual(['note'])
    expect(sent.slice(2)).toMatchObject([
      { id: 'q', result: { yes: true } },
      { id: 7, error: { code: -32_601 } },
    ])
    expect([say({ id: 99, result: {} }), connection.accept('hello'), connection.accept('[]')]).toEqual([
      ...[false, false, false],
    ])
    const open = connection.call('c', {})
    connection.close(new Error('gone'))
    await expect(open).rejects.toThrow('gone')
    await expect(connection.call('d', {})).rejects.toThrow('gone')
  })
})

test('[AG5] [AG7] updates before the prompt tell an old conversation: only their cost counts', () => {
  const seen = witness()
  const updates = new Updates(seen)
  const chunk = (text: string) => ({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } })
  const cost = (amount: number, currency = 'USD') => ({
    ...{ sessionUpdate: 'usage_update', cost: { amount, currency } },
  })
  updates.accept(chunk('old'))
  updates.accept(cost(0.5))
  expect(updates.facts.sessionCostUsd).toBe(0.5)
  updates.prompted()
  updates.accept(chunk('Now '))
  updates.accept(chunk('this.'))
  updates.accept({ sessionUpdate: 'tool_call', toolCallId: 't', title: 'write', rawInput: {} })
  updates.accept({ sessionUpdate: 'tool_call_update', toolCallId: 't', locations: [{ path: '/a' }] })
  updates.accept({ sessionUpdate: 'tool_call_update', toolCallId: 't', status: 'failed' })
  updates.accept({ sessionUpdate: 'something new' })
  updates.accept(cost(0.7, 'EUR'))
  updates.end()
  expect(seen.activity).toEqual([
    { kind: 'text', text: 'Now this.' },
    { kind: 'tool', text: 'write /a' },
    { kind: 'notice', text: 'write failed' },
  ])
  expect(updates.facts).toEqual({ lastText: 'Now this.', sessionCostUsd: 0.5, modelFailed: false })
  const codex = (of: object) => ({ sessionUpdate: 'session_info_update', _meta: { codex: of } })
  updates.accept(codex({ error: { message: 'Reconnecting', willRetry: true } }))
  expect(updates.facts.modelFailed).toBe(false)
  updates.accept(codex({ threadStatus: { type: 'systemError' } }))
  expect(updates.facts.modelFailed).toBe(true)
})

test('[AG6] errors are judged by the status and the words that agents give', () => {
  const of = (message: string, code = -32_603): string =>
    rpcFailure(place, 'session/prompt', new RpcError({ code, message })).code
  expect(of('whatever', -32_000)).toBe('AGENT_NOT_SIGNED_IN')
  expect(of('API Error: 401 nope')).toBe('AGENT_NOT_SIGNED_IN')
  expect(of('slow', 429)).toBe('AGENT_PROVIDER_OVERLOADED')
  expect(of('{"error":{"code":503}}')).toBe('AGENT_PROVIDER_OVERLOADED')
  expect(of('Unable to connect')).toBe('AGENT_PROVIDER_OVERLOADED')
  expect(of('API Error: 400 scripted')).toBe('AGENT_FAILED')
  expect(modelFailure(place, 'status: 500', {}).details).toMatchObject({ name: 'any', status: 500 })
})

test('[AG7] usage is what the agent states, and null where it states none', () => {
  expect(statedUsage({ usage: { inputTokens: 1, outputTokens: 2, cachedReadTokens: 3 } })).toEqual({
    ...{ inputTokens: 1, outputTokens: 2, cachedReadTokens: 3, cachedWriteTokens: 0, reasoningTokens: 0 },
  })
  const apart = { inputTokens: 1, outputTokens: 2, thoughtTokens: 3 }
  expect(statedUsage({ usage: { ...apart, totalTokens: 6 } })).toMatchObject({ outputTokens: 5 })
  expect(statedUsage({ usage: { ...apart, totalTokens: 3 } })).toMatchObject({ outputTokens: 2 })
  const quota = { token_count: { input_tokens: 5, output_tokens: 6 } }
  expect(statedUsage({ _meta: { quota } })).toMatchObject({ inputTokens: 5, outputTokens: 6 })
  expect(statedUsage({ stopReason: 'end_turn' })).toBeNull()
  expect(providerAndModel('openai/gpt/x', 'a')).toEqual({ provider: 'openai', model: 'gpt/x' })
  expect(providerAndModel('gpt', 'a')).toEqual({ provider: 'a', model: 'gpt' })
})
