/** Limits of a budget. */
export const BUDGET_LIMITS = ['usd', 'tokens', 'turns', 'wallMs'] as const
/** A limit of a budget. */
export type BudgetLimit = (typeof BUDGET_LIMITS)[number]
/** US dollars, tokens (input and output), model calls and milliseconds. */
export type Amounts = { readonly [limit in BudgetLimit]?: number }

/** A limit that was reached: whose, which, what it allowed and what was spent by then. */
export interface BudgetExcess {
  readonly scope: 'run' | 'step'
  readonly stepKey: string
  readonly limit: BudgetLimit
  /** What the author gave, before it was raised. */
  readonly budget: number
  readonly allowed: number
  readonly spent: number
}

/** What runs that continued as this one have spent and were granted. */
export interface BudgetCarry {
  readonly spent: Required<Amounts>
  readonly raised: Amounts
  readonly lifted: readonly BudgetLimit[]
}
