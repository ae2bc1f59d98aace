import { describe, expect, it } from 'vitest'
import { normalised, signatureOf, streakOf } from './breaker.ts'
import { isAffected, providerCall } from './providerCall.ts'

const failure = (message: string, code = 'AGENT_FAILED', data: Readonly<Record<string, unknown>> = {}) => ({
  name: 'WorkflowError',
  code,
  message,
  data: data as never,
  stack: null,
  cause: null,
})
const end = (error: ReturnType<typeof failure> | null) => ({
  runId: 'r',
  agent: 'claude',
  status: error === null ? ('completed' as const) : ('failed' as const),
  error,
  at: '2026-01-01T00:00:00.000Z',
})

describe('what failures have in common', () => {
  it('[EQ12] numbers, ids, hashes, paths and times do not tell failures apart, words do', () => {
    const message = (id: string, path: string, n: number) =>
      `Codex left with exit code ${n}; session ${id} in "${path}" at ${n}:3${n}:00, tree 9f${n}ab33`
    const one = normalised(message('0195c9a2-1111-7abc-8def-001122334455', '/opt/a/x.ts', 1))
    expect(one).toBe(normalised(message('ffffffff-2222-7abc-8def-aabbccddeeff', '/tmp/other/y', 2)))
    expect(one).toBe('codex left with exit code #; session # in "/" at #:#:#, tree #')
    expect(normalised('bad key')).not.toBe(normalised('bad model'))
  })

  it('[EQ12] only failures of agents count: none of code, budgets, cancels, quotas or what is told before', () => {
    expect(signatureOf('claude', failure('x'))).not.toBeNull()
    expect(signatureOf('claude', failure('x'))).not.toBe(signatureOf('codex', failure('x')))
    expect(signatureOf('claude', failure('x', 'AGENT_FAILED', { kind: 'bad-key' }))).not.toBe(
      signatureOf('claude', failure('x')),
    )
    for (const code of ['BUDGET_EXCEEDED', 'RUN_CANCELLED', 'ANSWER_INVALID', 'AGENT_SESSION_NOT_FOUND'])
      expect(signatureOf('claude', failure('x', code))).toBeNull()
    expect(signatureOf('claude', failure('x', 'AGENT_PROVIDER_OVERLOADED', { kind: 'quota' }))).toBeNull()
    expect(signatureOf('claude', null)).toBeNull()
  })

  it('[EQ12] a turn that went well or failed otherwise ends the row, a stopped one is passed over', () => {
    const same = end(failure('no 1'))
    const signature = signatureOf('claude', failure('no 2'))!
    const stopped = end(failure('', 'BUDGET_EXCEEDED'))
    expect(streakOf(signature, [same, stopped, same, same])).toBe(3)
    expect(streakOf(signature, [same, end(null), same])).toBe(1)
    expect(streakOf(signature, [same, end(failure('other')), same])).toBe(1)
  })
})

it('[EQ11] accounts are told apart by what chooses them, agents of the protocol by their name, models as far as they are said', () => {
  const plain = providerCall({ agent: 'claude' }, { env: { DEBUG: '1' } })
  expect(plain).toEqual({ provider: 'claude', account: null, model: null })
  const keyed = providerCall({ agent: 'claude' }, { env: { ANTHROPIC_API_KEY: 'k' }, model: 'opus' })
  expect(keyed).toMatchObject({ account: expect.stringMatching(/^[0-9a-f]{12}$/) as string, model: 'opus' })
  expect(JSON.stringify(keyed)).not.toContain('"k"')
  const acp = providerCall({ agent: 'acp', settings: { name: 'opencode', env: { X_TOKEN: 't' } } }, {})
  expect(acp).toMatchObject({ provider: 'opencode' })
  expect(acp.account).not.toBeNull()
  expect([
    isAffected('claude-opus-5', 'opus'),
    isAffected('sonnet', 'opus'),
    isAffected(null, 'opus'),
  ]).toEqual([true, false, true])
  expect(isAffected('sonnet', null)).toBe(true)
})
