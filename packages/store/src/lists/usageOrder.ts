import type { UsageSum } from '../contract/index.ts'

/** The dearest first; of those that cost the same the one with more tokens, then by key. */
export function inOrder(sums: readonly UsageSum[]): UsageSum[] {
  return sums.toSorted(
    (a, b) =>
      (b.cost ?? 0) - (a.cost ?? 0) ||
      b.total_tokens - a.total_tokens ||
      ((a.key ?? '') < (b.key ?? '') ? -1 : 1),
  )
}
