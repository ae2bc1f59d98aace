/** Limits of a budget. */
export const BUDGET_LIMITS = ['usd', 'tokens', 'turns', 'wallMs'] as const
/** A limit of a budget. */
export type BudgetLimit = (typeof BUDGET_LIMITS)[number]
/** US dollars, tokens (input and output), model calls and milliseconds. */
export type Amounts = { readonly [limit in BudgetLimit]?: number }

/** Budgets that runs share: that of a tree of runs, and that of a project in a day. */
export type SharedScope = 'tree' | 'day'

/** A limit that was reached: whose, which, what it allowed and what was spent by then. */
export interface BudgetExcess {
  readonly scope: 'run' | 'step' | SharedScope
  /** Of a shared budget: the root run of the tree, or `PROJECT/2026-11-24`. */
  readonly sharedId?: string
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
