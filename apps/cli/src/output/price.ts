import { counted, formatCost } from './format.ts'

/** What model calls cost: what is known of it, and how many calls it leaves out. */
export function priceText(sum: {
  readonly cost_usd: number | null
  readonly cost_unknown_calls: number
}): string {
  const { cost_usd, cost_unknown_calls } = sum
  if (cost_unknown_calls === 0 || cost_usd === null) return formatCost(cost_usd)
  return `${formatCost(cost_usd)} and ${counted(cost_unknown_calls, 'call')} of unknown price`
}
