/** US dollars per million tokens of one model. */
interface Price {
  readonly input: number
  readonly output: number
}

/** Tokens as they are priced: cache reads cost a tenth of input, writes 1.25 (five minutes) or 2 times (an hour). */
export interface PricedTokens {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedReadTokens: number
  readonly cachedWriteTokens: number
  readonly cachedWriteOneHourTokens: number
}

/**
 * List prices by the beginning of the model's name, the longest fitting one wins. They are what Claude
 * Code 2.1.329 itself charges; `test/claude.real.test.ts` holds them against it.
 */
const PRICES: readonly (readonly [prefix: string, price: Price])[] = [
  ['claude-sonnet-4', { input: 3, output: 15 }],
  ['claude-sonnet-5', { input: 2, output: 10 }],
  ['claude-opus-4-5', { input: 5, output: 25 }],
  ['claude-opus-4-6', { input: 5, output: 25 }],
  ['claude-opus-4-7', { input: 5, output: 25 }],
  ['claude-opus-4-8', { input: 5, output: 25 }],
  ['claude-haiku-4-5', { input: 1, output: 5 }],
  ['claude-3-5-haiku', { input: 0.8, output: 4 }],
]

/** Names the list in `priceSource`. */
export const ANTHROPIC_PRICE_SOURCE = 'anthropic-list-2026-11'

/** US dollars of the tokens of one model; null when the model has no known price. */
export function anthropicCostUsd(model: string, tokens: PricedTokens): number | null {
  const price = priceOf(model)
  if (price === null) return null
  const fiveMinutes = Math.max(0, tokens.cachedWriteTokens - tokens.cachedWriteOneHourTokens)
  const dollarsTimesMillion =
    tokens.inputTokens * price.input +
    tokens.outputTokens * price.output +
    tokens.cachedReadTokens * price.input * 0.1 +
    fiveMinutes * price.input * 1.25 +
    tokens.cachedWriteOneHourTokens * price.input * 2
  return dollarsTimesMillion / 1_000_000
}

function priceOf(model: string): Price | null {
  let best: readonly [string, Price] | null = null
  for (const entry of PRICES) {
    if (model.startsWith(entry[0]) && (best === null || entry[0].length > best[0].length)) best = entry
  }
  return best?.[1] ?? null
}
