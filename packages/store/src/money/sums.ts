import type { Amounts, BudgetLimit } from '@holdfast/workflow-sdk/journal'
import type { SharedBudgetSums } from '../contract/index.ts'

/** Amounts that a shared budget limits. */
export type Spent = SharedBudgetSums['spent']

/** A session that works and what it reserved and spent since it began. */
export interface Reservation {
  readonly reserved: Amounts
  readonly spent: Spent
}

/** Puts together what the backends read. */
export function sharedSums(
  spent: Spent & { readonly unknownCalls: number },
  reservations: readonly Reservation[],
  grants: readonly {
    readonly limit_name: BudgetLimit
    /** PostgreSQL gives large numbers as text. */
    readonly millionths: number | string | null
  }[],
): SharedBudgetSums {
  const { unknownCalls, ...amounts } = spent
  const held = (limit: keyof Spent): number =>
    reservations.reduce((sum, one) => sum + Math.max(0, (one.reserved[limit] ?? 0) - one.spent[limit]), 0)
  const raised: { [limit in BudgetLimit]?: number } = {}
  const lifted = new Set<BudgetLimit>()
  for (const { limit_name, millionths } of grants) {
    if (millionths === null) lifted.add(limit_name)
    else raised[limit_name] = round((raised[limit_name] ?? 0) + Number(millionths) / 1e6)
  }
  return {
    spent: { ...amounts, usd: round(amounts.usd) },
    unknownCalls,
    reserved: { usd: round(held('usd')), tokens: held('tokens'), turns: held('turns') },
    raised,
    lifted: [...lifted],
  }
}

/** Six places, as money is kept. */
function round(amount: number): number {
  return Math.round(amount * 1e6) / 1e6
}
