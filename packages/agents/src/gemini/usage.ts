import type { TokenCounts } from '@holdfast/workflow-sdk/journal'
import type { AgentUsage } from '@holdfast/workflow-sdk/ports'
import { addTokens, NO_TOKENS, restTokens } from '../programs/tokenCounts.ts'
import type { GeminiResult } from './events.ts'
import type { StoredCall } from './sessionFile.ts'

/**
 * Reports what the calls of one process used, each under its id, and answers their sum. What the result
 * counts beyond them (the program's own small calls, a session that was not kept) follows as one record
 * per model. Gemini CLI states no cost.
 */
export function reportUsage(
  calls: readonly StoredCall[],
  ended: { readonly result: GeminiResult | null; readonly sessionId: string },
  report: (usage: AgentUsage) => void,
): TokenCounts {
  const parts: TokenCounts[] = []
  const record = (model: string, counts: TokenCounts, callId: string): void => {
    parts.push(counts)
    const priced = { costUsd: null, priceSource: null, latencyMs: null }
    report({ ...counts, ...priced, provider: 'google', model, callId })
  }
  for (const call of calls) record(call.model, countsOf(call), call.id)
  for (const [model, total] of Object.entries(ended.result?.models ?? {})) {
    const own = calls.filter((call) => call.model === model)
    const known = sum(own.map(countsOf))
    const byTools = own.reduce((all, { tokens }) => all + tokens.tool, 0)
    const output = total.total - total.prompt - byTools
    const whole: TokenCounts = {
      inputTokens: total.prompt - total.cached + byTools,
      outputTokens: output,
      cachedReadTokens: total.cached,
      cachedWriteTokens: 0,
      reasoningTokens: output - total.output,
    }
    const rest = restTokens(whole, known)
    if (rest.inputTokens + rest.outputTokens + rest.cachedReadTokens === 0) continue
    record(model, rest, `${ended.sessionId}:${ended.result?.timestamp ?? ''}:${model}`)
  }
  return sum(parts)
}

/** Adds counts up. */
export function sum(parts: readonly TokenCounts[]): TokenCounts {
  return parts.reduce((a, b) => addTokens(a, b), NO_TOKENS)
}

/** Ours: input without the cache, output with the thoughts. */
function countsOf({ tokens }: StoredCall): TokenCounts {
  return {
    inputTokens: Math.max(0, tokens.input - tokens.cached) + tokens.tool,
    outputTokens: tokens.output + tokens.thoughts,
    cachedReadTokens: tokens.cached,
    cachedWriteTokens: 0,
    reasoningTokens: tokens.thoughts,
  }
}
