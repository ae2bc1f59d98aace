/** US dollars per million tokens. `long` holds for a call whose input, cache included, is above so many tokens. */
export interface TokenPrice {
  readonly input: number
  readonly output: number
  /** Without it a call that read from the cache has no known price; so with `cacheWrite`. */
  readonly cacheRead?: number
  readonly cacheWrite?: number
  readonly long?: Omit<TokenPrice, 'long'> & { readonly above: number }
}

/** A provider's list prices by the model's name without date. */
export interface PriceList {
  /** What `priceSource` says: the provider and the month in which the list was read. */
  readonly name: string
  /** Where the provider publishes it. */
  readonly source: string
  readonly models: Readonly<Record<string, TokenPrice>>
}

/**
 * List prices as of 24 November 2026, taken over from the data set of `@pydantic/genai-prices` 0.1.8 (MIT). Those of
 * Anthropic stand in `anthropic.ts`.
 */
export const PRICE_LISTS: readonly PriceList[] = [
  {
    name: 'openai-list-2026-11',
    source: 'https://developers.openai.com/api/docs/pricing',
    models: {
      'codex-mini': { input: 1.5, output: 6, cacheRead: 0.375 },
      'codex-mini-latest': { input: 1.5, output: 6, cacheRead: 0.375 },
      'gpt-4.1': { input: 2, output: 8, cacheRead: 0.5 },
      'gpt-4.1-mini': { input: 0.4, output: 1.6, cacheRead: 0.1 },
      'gpt-4.1-nano': { input: 0.1, output: 0.4, cacheRead: 0.025 },
      'gpt-5': { input: 1.25, output: 10, cacheRead: 0.125 },
      'gpt-5-chat': { input: 1.25, output: 10, cacheRead: 0.125 },
      'gpt-5-chat-latest': { input: 1.25, output: 10, cacheRead: 0.125 },
      'gpt-5-codex': { input: 1.25, output: 10, cacheRead: 0.125 },
      'gpt-5-mini': { input: 0.25, output: 2, cacheRead: 0.025 },
      'gpt-5-nano': { input: 0.05, output: 0.4, cacheRead: 0.005 },
      'gpt-5-pro': { input: 15, output: 120 },
      'gpt-5.1': { input: 1.25, output: 10, cacheRead: 0.125 },
      'gpt-5.1-codex': { input: 1.25, output: 10, cacheRead: 0.125 },
      'gpt-5.1-codex-max': { input: 1.25, output: 10, cacheRead: 0.125 },
      'gpt-5.1-chat': { input: 1.25, output: 10, cacheRead: 0.125 },
      'gpt-5.1-chat-latest': { input: 1.25, output: 10, cacheRead: 0.125 },
      'gpt-5.1-codex-mini': { input: 0.25, output: 2, cacheRead: 0.025 },
      'gpt-5.1-mini': { input: 0.25, output: 2, cacheRead: 0.025 },
      'gpt-5.2': { input: 1.75, output: 14, cacheRead: 0.175 },
      'gpt-5.2-chat': { input: 1.75, output: 14, cacheRead: 0.175 },
      'gpt-5.2-chat-latest': { input: 1.75, output: 14, cacheRead: 0.175 },
      'gpt-5.2-codex': { input: 1.75, output: 14, cacheRead: 0.175 },
      'gpt-5.2-pro': { input: 21, output: 168 },
      'gpt-5.3': { input: 1.75, output: 14, cacheRead: 0.175 },
      'gpt-5.3-chat': { input: 1.75, output: 14, cacheRead: 0.175 },
      'gpt-5.3-chat-latest': { input: 1.75, output: 14, cacheRead: 0.175 },
      'gpt-5.3-codex': { input: 1.75, output: 14, cacheRead: 0.175 },
      'gpt-5.4': {
        input: 2.5,
        output: 15,
        cacheRead: 0.25,
        long: { above: 271999, input: 5, output: 22.5, cacheRead: 0.5 },
      },
      'gpt-5.4-mini': { input: 0.75, output: 4.5, cacheRead: 0.075 },
      'gpt-5.4-nano': { input: 0.2, output: 1.25, cacheRead: 0.02 },
      'gpt-5.4-pro': { input: 30, output: 180, long: { above: 271999, input: 60, output: 270 } },
      'gpt-5.5': {
        input: 5,
        output: 30,
        cacheRead: 0.5,
        long: { above: 271999, input: 10, output: 45, cacheRead: 1 },
      },
      'gpt-5.5-chat': {
        input: 5,
        output: 30,
        cacheRead: 0.5,
        long: { above: 271999, input: 10, output: 45, cacheRead: 1 },
      },
      'gpt-5.5-chat-latest': {
        input: 5,
        output: 30,
        cacheRead: 0.5,
        long: { above: 271999, input: 10, output: 45, cacheRead: 1 },
      },
      'gpt-5.5-codex': {
        input: 5,
        output: 30,
        cacheRead: 0.5,
        long: { above: 271999, input: 10, output: 45, cacheRead: 1 },
      },
      'gpt-5.5-pro': { input: 30, output: 180, long: { above: 271999, input: 60, output: 270 } },
      'gpt-5.6-luna': {
        input: 0.2,
        output: 1.2,
        cacheRead: 0.02,
        cacheWrite: 0.25,
        long: { above: 271999, input: 0.4, output: 1.8, cacheRead: 0.04, cacheWrite: 0.5 },
      },
      'gpt-5.6-sol': {
        input: 4,
        output: 20,
        cacheRead: 0.4,
        cacheWrite: 5,
        long: { above: 271999, input: 8, output: 30, cacheRead: 0.8, cacheWrite: 10 },
      },
      'gpt-5.6': {
        input: 4,
        output: 20,
        cacheRead: 0.4,
        cacheWrite: 5,
        long: { above: 271999, input: 8, output: 30, cacheRead: 0.8, cacheWrite: 10 },
      },
      'gpt-5.6-terra': {
        input: 2,
        output: 12,
        cacheRead: 0.2,
        cacheWrite: 2.5,
        long: { above: 271999, input: 4, output: 18, cacheRead: 0.4, cacheWrite: 5 },
      },
      o3: { input: 2, output: 8, cacheRead: 0.5 },
      'o3-mini': { input: 1.1, output: 4.4, cacheRead: 0.55 },
      'o3-mini-high': { input: 1.1, output: 4.4, cacheRead: 0.55 },
      'o3-pro': { input: 20, output: 80 },
      'o4-mini': { input: 1.1, output: 4.4, cacheRead: 0.275 },
      'o4-mini-high': { input: 1.1, output: 4.4, cacheRead: 0.275 },
    },
  },
  {
    name: 'google-list-2026-11',
    source: 'https://ai.google.dev/gemini-api/docs/pricing',
    models: {
      'gemini-2.5-flash': { input: 0.3, output: 2.5, cacheRead: 0.03 },
      'gemini-2.5-flash-latest': { input: 0.3, output: 2.5, cacheRead: 0.03 },
      'gemini-2.5-flash-lite': { input: 0.1, output: 0.4, cacheRead: 0.01 },
      'gemini-2.5-pro': {
        input: 1.25,
        output: 10,
        cacheRead: 0.125,
        long: { above: 200000, input: 2.5, output: 15, cacheRead: 0.25 },
      },
      'gemini-3-flash-preview': { input: 0.5, output: 3, cacheRead: 0.05 },
      'gemini-3-pro-preview': {
        input: 2,
        output: 12,
        cacheRead: 0.2,
        long: { above: 200000, input: 4, output: 18, cacheRead: 0.4 },
      },
      'gemini-3-pro-text-preview': {
        input: 2,
        output: 12,
        cacheRead: 0.2,
        long: { above: 200000, input: 4, output: 18, cacheRead: 0.4 },
      },
      'gemini-3.1-flash-lite': { input: 0.25, output: 1.5, cacheRead: 0.025 },
      'gemini-3.1-pro-preview': {
        input: 2,
        output: 12,
        cacheRead: 0.2,
        long: { above: 200000, input: 4, output: 18, cacheRead: 0.4 },
      },
      'gemini-3.5-flash': { input: 1.5, output: 9, cacheRead: 0.15 },
      'gemini-3.5-flash-lite': { input: 0.3, output: 2.5, cacheRead: 0.03 },
      'gemini-3.6-flash': { input: 0.75, output: 3.75, cacheRead: 0.075 },
      'gemini-3.7-flash': { input: 0.75, output: 3.75, cacheRead: 0.075 },
      'gemini-3.8-flash': { input: 0.75, output: 3.75, cacheRead: 0.075 },
    },
  },
]
