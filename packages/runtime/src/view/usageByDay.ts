import type { IWorkflowStore, UsageSum } from '@holdfast/store/contract'

/**
 * Model calls summed by the days of a time zone, the newest first; days without a call are left out. Of each day as one
 * sum, `key` is `2026-11-24`.
 * @param span ISO times; the days that they lie in are whole.
 */
export async function usageByDay(
  store: IWorkflowStore,
  query: { readonly projectId?: string; readonly rootRunId?: string },
  { timeZone, from, to }: { readonly timeZone: string; readonly from: string; readonly to: string },
): Promise<UsageSum[]> {
  const { dayIn } = await import('@holdfast/engine')
  const sums: UsageSum[] = []
  for (let at = Date.parse(to); at >= Date.parse(dayIn(timeZone, Date.parse(from)).from);) {
    const { day, ...bounds } = dayIn(timeZone, at)
    const [sum] = await store.sumLlmUsage({ ...query, ...bounds, groupBy: 'project' })
    if (sum !== undefined) sums.push({ ...sum, key: day, label: day })
    at = Date.parse(bounds.from) - 1
  }
  return sums
}
