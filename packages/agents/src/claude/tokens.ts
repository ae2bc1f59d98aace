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

/** Without the price detail, as ports and journal carry it. */
export function toCounts(tokens: ClaudeTokens): TokenCounts {
  const { cachedWriteOneHourTokens: _detail, ...counts } = tokens
  return counts
}
