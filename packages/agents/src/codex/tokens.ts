import type { TokenCounts } from '@holdfast/workflow-sdk/journal'
import { number, type Fields } from '../programs/fields.ts'

/** No tokens at all. */
export const NO_TOKENS: TokenCounts = {
  inputTokens: 0,
  outputTokens: 0,
  cachedReadTokens: 0,
  cachedWriteTokens: 0,
  reasoningTokens: 0,
}

/** Reads a `usage` of Codex. Its input contains what came from the cache and went there; its output the reasoning. */
export function tokensOf(usage: Fields): TokenCounts {
  const of = (name: string): number => number(usage[name]) ?? 0
  const cachedReadTokens = of('cached_input_tokens')
  const cachedWriteTokens = of('cache_write_input_tokens')
  return {
    inputTokens: Math.max(0, of('input_tokens') - cachedReadTokens - cachedWriteTokens),
    outputTokens: of('output_tokens'),
    cachedReadTokens,
    cachedWriteTokens,
    reasoningTokens: of('reasoning_output_tokens'),
  }
}

/** Field by field `a + b`. */
export function addTokens(a: TokenCounts, b: TokenCounts): TokenCounts {
  return combine(a, b, (x, y) => x + y)
}

/** Field by field `a - b`, never below 0. */
export function restTokens(a: TokenCounts, b: TokenCounts): TokenCounts {
  return combine(a, b, (x, y) => Math.max(0, x - y))
}

/** Whether all counts are 0. */
export function isNothing(tokens: TokenCounts): boolean {
  return Object.values(combine(tokens, NO_TOKENS, (x) => x)).every((count) => count === 0)
}

function combine(a: TokenCounts, b: TokenCounts, of: (x: number, y: number) => number): TokenCounts {
  return {
    inputTokens: of(a.inputTokens, b.inputTokens),
    outputTokens: of(a.outputTokens, b.outputTokens),
    cachedReadTokens: of(a.cachedReadTokens, b.cachedReadTokens),
    cachedWriteTokens: of(a.cachedWriteTokens, b.cachedWriteTokens),
    reasoningTokens: of(a.reasoningTokens, b.reasoningTokens),
  }
}
