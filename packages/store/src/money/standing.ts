import type { ProviderLimit } from '../contract/index.ts'
import type { ProviderLimitColumns } from '../projection/rows.ts'

/** Longest time for which a quota that was met is looked at: none that is known takes longer to come back. */
export const LONGEST_QUOTA_MS = 40 * 86_400_000

/** The quotas that hold at `now`, of rows in any order: the last word about each account counts. */
export function standing(rows: readonly ProviderLimitColumns[], now: string): ProviderLimit[] {
  const released = new Map<string, string>()
  for (const row of rows) {
    const key = keyOf(row)
    if (row.reset_at === null && (released.get(key) ?? '') < row.created_at) released.set(key, row.created_at)
  }
  const limits = new Map<string, ProviderLimit>()
  for (const row of rows) {
    const { run_id, provider, account, model, reset_at, created_at } = row
    const isOver = reset_at === null || reset_at <= now || created_at <= (released.get(keyOf(row)) ?? '')
    if (isOver) continue
    const key = JSON.stringify([keyOf(row), model])
    const known = limits.get(key)
    if (known === undefined || known.resetAt < reset_at)
      limits.set(key, { provider, account, model, resetAt: reset_at, runId: run_id, since: created_at })
  }
  return [...limits.values()].toSorted((a, b) => a.provider.localeCompare(b.provider))
}

function keyOf({ provider, account }: ProviderLimitColumns): string {
  return JSON.stringify([provider, account])
}
