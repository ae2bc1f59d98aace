import type { AgentUsage } from '@holdfast/workflow-sdk/ports'
import { expect, test } from 'vitest'
import { priceUsage } from './priceUsage.ts'

const usage = (model: string, more: Partial<AgentUsage> = {}): AgentUsage => ({
  provider: 'p',
  model,
  inputTokens: 1_000,
  outputTokens: 100,
  cachedReadTokens: 10_000,
  cachedWriteTokens: 0,
  reasoningTokens: 50,
  costUsd: null,
  priceSource: null,
  latencyMs: null,
  callId: null,
  ...more,
})
const priced = (...args: Parameters<typeof usage>): [number | null, string | null] => {
  const { costUsd, priceSource } = priceUsage()(usage(...args))
  return [costUsd, priceSource]
}

test('[AG19] list prices count input, output and cache apart, and long calls dearer; dates cost the same', () => {
  expect(priced('gemini-2.5-pro')).toEqual([0.0035, 'google-list-2026-11'])
  expect(priced('gpt-5.3-codex')).toEqual([0.0049, 'openai-list-2026-11'])
  expect(priced('gpt-5.4-2026-03-05')).toEqual(priced('gpt-5.4'))
  expect(priced('gemini-2.5-pro', { cachedReadTokens: 250_000 })).toEqual([0.0665, 'google-list-2026-11'])
  expect(priced('claude-opus-5')).toEqual([0.0125, 'anthropic-list-2026-11'])
})

test('[AG19] what has no known price is null, also where a part of it has none', () => {
  expect(priced('gpt-99')).toEqual([null, null])
  expect(priced('constructor')).toEqual([null, null])
  expect(priced('gpt-5-pro')).toEqual([null, null])
  expect(priced('gpt-5-pro', { cachedReadTokens: 0 })[0]).toBeCloseTo(0.027, 9)
  expect(priced('gemini-2.5-pro', { cachedWriteTokens: 1 })).toEqual([null, null])
  expect(priced('claude-opus-5', { cachedWriteTokens: 1 })).toEqual([null, null])
})

test('[AG19] the price of the project goes before what the agent says, and that before the list', () => {
  const price = priceUsage({ 'gpt-5.4': { input: 1, output: 2, cacheRead: 0 } })
  const said = { costUsd: 7, priceSource: 'agent' }
  expect(price(usage('gpt-5.4', said))).toMatchObject({ costUsd: 0.0012, priceSource: 'config' })
  expect(price(usage('gpt-5.5', said))).toMatchObject(said)
})
