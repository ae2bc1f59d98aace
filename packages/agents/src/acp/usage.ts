import type { TokenCounts } from '@holdfast/workflow-sdk/journal'
import { number, object, text, type Fields } from '../programs/fields.ts'

/** What one prompt used, as the agent states it; null: it does not. */
export function statedUsage(result: Fields): TokenCounts | null {
  const usage = object(result['usage'])
  if (usage !== null) {
    const count = (name: string): number => number(usage[name]) ?? 0
    const counts = {
      inputTokens: count('inputTokens'),
      outputTokens: count('outputTokens'),
      cachedReadTokens: count('cachedReadTokens'),
      cachedWriteTokens: count('cachedWriteTokens'),
    }
    const thoughts = count('thoughtTokens')
    // Some agents count thoughts apart from the output: then only both make up the total.
    const sum = Object.values(counts).reduce((all, one) => all + one, 0)
    const isApart = sum + thoughts === number(usage['totalTokens'])
    return {
      ...counts,
      outputTokens: counts.outputTokens + (isApart ? thoughts : 0),
      reasoningTokens: thoughts,
    }
  }
  // Gemini CLI says it in a place of its own, and nothing of its cache: all input counts as such.
  const quota = object(object(object(result['_meta'])?.['quota'])?.['token_count'])
  const input = number(quota?.['input_tokens'])
  const output = number(quota?.['output_tokens'])
  if (input === null || output === null) return null
  return {
    inputTokens: input,
    outputTokens: output,
    cachedReadTokens: 0,
    cachedWriteTokens: 0,
    reasoningTokens: 0,
  }
}

/** The model that a prompt says it used, when it says one. */
export function statedModel(result: Fields): string | null {
  const models = object(object(result['_meta'])?.['quota'])?.['model_usage']
  return Array.isArray(models) && models.length === 1 ? text(object(models[0])?.['model']) : null
}

/** `anthropic/claude-opus-5`, as OpenCode names models, is the model of a provider; others are the agent's. */
export function providerAndModel(
  model: string | null,
  agent: string,
): { readonly provider: string; readonly model: string } {
  const [, provider, name] = /^([^/]+)\/(.+)$/.exec(model ?? '') ?? []
  if (provider !== undefined && name !== undefined) return { provider, model: name }
  return { provider: agent, model: model ?? 'unknown' }
}
