/** US dollars per million tokens of one model. */
interface Price {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
}

/** Tokens as they are priced: cache writes cost 1.25 (five minutes) or 2 times (an hour) as much as input. */
export interface PricedTokens {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedReadTokens: number
  readonly cachedWriteTokens: number
  readonly cachedWriteOneHourTokens: number
}

/**
 * List prices by the model's name without date. They are what Claude Code 2.1.329 itself charges;
 * `test/claude.real.test.ts` holds each of them against it.
 */
const PRICES: Readonly<Record<string, Price>> = {
  'claude-3-5-haiku': { input: 0.8, output: 4, cacheRead: 0.08 },
  'claude-haiku-4-5': { input: 1, output: 5, cacheRead: 0.1 },
  'claude-sonnet-4-5': { input: 3, output: 15, cacheRead: 0.3 },
  'claude-sonnet-4-6': { input: 3, output: 15, cacheRead: 0.3 },
  'claude-sonnet-5': { input: 2, output: 10, cacheRead: 0.2 },
  'claude-opus-4-5': { input: 5, output: 25, cacheRead: 0.5 },
  'claude-opus-4-6': { input: 5, output: 25, cacheRead: 0.5 },
  'claude-opus-4-7': { input: 5, output: 25, cacheRead: 0.5 },
  'claude-opus-4-8': { input: 5, output: 25, cacheRead: 0.5 },
  'claude-opus-5': { input: 5, output: 25, cacheRead: 0.5 },
  'claude-opus-5-5': { input: 4, output: 20, cacheRead: 0.2 },
}

/** Names of the models whose price is known. */
export const PRICED_ANTHROPIC_MODELS = Object.keys(PRICES)

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
    tokens.cachedReadTokens * price.cacheRead +
    fiveMinutes * price.input * 1.25 +
    tokens.cachedWriteOneHourTokens * price.input * 2
  return dollarsTimesMillion / 1_000_000
}

/** `claude-sonnet-4-5-20250929` and `claude-sonnet-4-5[1m]` are sold as `claude-sonnet-4-5`. */
function priceOf(model: string): Price | null {
  const name = model.replace(/\[[^\]]*\]$/, '').replace(/-\d{8}$/, '')
  return Object.hasOwn(PRICES, name) ? (PRICES[name] ?? null) : null
}
