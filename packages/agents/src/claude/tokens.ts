import type { TokenCounts } from '@holdfast/workflow-sdk/journal'
import { number, object, type Fields } from '../programs/fields.ts'

/** Tokens, and the part of the cache writes that is kept for an hour (it has another price). */
export interface ClaudeTokens extends TokenCounts {
  readonly cachedWriteOneHourTokens: number
}

/** No tokens at all. */
export const NO_TOKENS: ClaudeTokens = {
  inputTokens: 0,
  outputTokens: 0,
  cachedReadTokens: 0,
  cachedWriteTokens: 0,
  reasoningTokens: 0,
  cachedWriteOneHourTokens: 0,
}

/** Reads `usage` of a message or result of the Anthropic Messages API. Output contains the reasoning. */
export function fromApiUsage(usage: Fields): ClaudeTokens {
  return {
    inputTokens: number(usage['input_tokens']) ?? 0,
    outputTokens: number(usage['output_tokens']) ?? 0,
    cachedReadTokens: number(usage['cache_read_input_tokens']) ?? 0,
    cachedWriteTokens: number(usage['cache_creation_input_tokens']) ?? 0,
    reasoningTokens: number(object(usage['output_tokens_details'])?.['thinking_tokens']) ?? 0,
    cachedWriteOneHourTokens: number(object(usage['cache_creation'])?.['ephemeral_1h_input_tokens']) ?? 0,
  }
}

/** Reads one entry of the `modelUsage` tables in a result. */
export function fromModelUsage(usage: Fields): ClaudeTokens {
  return {
    inputTokens: number(usage['inputTokens']) ?? 0,
    outputTokens: number(usage['outputTokens']) ?? 0,
    cachedReadTokens: number(usage['cacheReadInputTokens']) ?? 0,
    cachedWriteTokens: number(usage['cacheCreationInputTokens']) ?? 0,
    reasoningTokens: number(usage['thinkingTokens']) ?? 0,
    cachedWriteOneHourTokens: number(usage['cacheCreationEphemeral1hInputTokens']) ?? 0,
  }
}

/** Field by field `a + b`. */
export function addTokens(a: ClaudeTokens, b: ClaudeTokens): ClaudeTokens {
  return combine(a, b, (x, y) => x + y)
}

/** Field by field `a - b`, never below 0. */
export function restTokens(a: ClaudeTokens, b: ClaudeTokens): ClaudeTokens {
  return combine(a, b, (x, y) => Math.max(0, x - y))
}

/** Whether all counts are 0. */
export function isNothing(tokens: TokenCounts): boolean {
  return (
    tokens.inputTokens +
      tokens.outputTokens +
      tokens.cachedReadTokens +
      tokens.cachedWriteTokens +
      tokens.reasoningTokens ===
    0
  )
}

/** Without the price detail, as ports and journal carry it. */
export function toCounts(tokens: ClaudeTokens): TokenCounts {
  const { cachedWriteOneHourTokens: _detail, ...counts } = tokens
  return counts
}

function combine(a: ClaudeTokens, b: ClaudeTokens, of: (x: number, y: number) => number): ClaudeTokens {
  return {
    inputTokens: of(a.inputTokens, b.inputTokens),
    outputTokens: of(a.outputTokens, b.outputTokens),
    cachedReadTokens: of(a.cachedReadTokens, b.cachedReadTokens),
    cachedWriteTokens: of(a.cachedWriteTokens, b.cachedWriteTokens),
    reasoningTokens: of(a.reasoningTokens, b.reasoningTokens),
    cachedWriteOneHourTokens: of(a.cachedWriteOneHourTokens, b.cachedWriteOneHourTokens),
  }
}
