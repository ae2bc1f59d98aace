import type { TokenCounts } from '@holdfast/workflow-sdk/journal'
import { number, type Fields } from '../programs/fields.ts'

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
