import type { TokenCounts } from '@holdfast/workflow-sdk/journal'

/** No tokens at all. */
export const NO_TOKENS: TokenCounts = {
  inputTokens: 0,
  outputTokens: 0,
  cachedReadTokens: 0,
  cachedWriteTokens: 0,
  reasoningTokens: 0,
}

/** Field by field `a + b`, with what a program counts beside the common fields. */
export function addTokens<T extends TokenCounts>(a: T, b: T): T {
  return combine(a, b, (x, y) => x + y)
}

/** Field by field `a - b`, never below 0. */
export function restTokens<T extends TokenCounts>(a: T, b: T): T {
  return combine(a, b, (x, y) => Math.max(0, x - y))
}

/** Whether all common counts are 0. */
export function isNothing(tokens: TokenCounts): boolean {
  return Object.keys(NO_TOKENS).every((name) => tokens[name as keyof TokenCounts] === 0)
}

function combine<T extends TokenCounts>(a: T, b: T, of: (x: number, y: number) => number): T {
  const counts: [string, number][] = Object.entries(a)
  const other = new Map<string, number>(Object.entries(b))
  return {
    ...a,
    ...Object.fromEntries(counts.map(([name, count]) => [name, of(count, other.get(name) ?? 0)])),
  }
}
