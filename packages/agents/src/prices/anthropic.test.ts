import { expect, test } from 'vitest'
import { anthropicCostUsd } from './anthropic.ts'

const tokens = {
  inputTokens: 1_000_000,
  outputTokens: 1_000_000,
  cachedReadTokens: 1_000_000,
  cachedWriteTokens: 2_000_000,
  cachedWriteOneHourTokens: 1_000_000,
}

test('[AG7] prices cover input, output, and the cache by how long it is kept', () => {
  expect(anthropicCostUsd('claude-sonnet-4-5', tokens)).toBeCloseTo(3 + 15 + 0.3 + 3.75 + 6, 9)
})

test('[AG7] dates and variants of a model cost the same; other versions and models are unknown', () => {
  const price = anthropicCostUsd('claude-opus-5', tokens)
  expect(anthropicCostUsd('claude-opus-5-20261001', tokens)).toBe(price)
  expect(anthropicCostUsd('claude-opus-5[1m]', tokens)).toBe(price)
  expect(anthropicCostUsd('claude-opus-5-5', tokens)).not.toBe(price)
  expect(anthropicCostUsd('claude-opus-5-9', tokens)).toBeNull()
  expect(anthropicCostUsd('', tokens)).toBeNull()
})
