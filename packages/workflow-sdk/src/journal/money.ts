import type { Amounts, BudgetExcess, BudgetLimit, SharedScope } from './budgets.ts'

/** Tokens of one model call or of several together. Input excludes what came from the cache. */
export interface TokenCounts {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedReadTokens: number
  readonly cachedWriteTokens: number
  readonly reasoningTokens: number
}

/** An attempt goes on after a question about its budget. Milliseconds. */
export interface GoesOn {
  /** What it had run by then. */
  readonly ranMs: number
  /** Running time of the run at that moment. */
  readonly activeMs: number
}

/** Payloads of what models used, of budgets that are used up or raised, and of quotas of providers. */
export interface MoneyPayloads {
  /** `key` is that of the question which goes with it, where one is asked. */
  'budget.exceeded': {
    readonly key: string
    readonly detail: BudgetExcess
    /** Milliseconds that the attempt had run by then. */
    readonly ranMs?: number
  }
  /** A budget is raised by these amounts: the run's, or one that it shares with others. */
  'budget.raised': {
    readonly detail: Amounts
    readonly by: string | null
    readonly shared?: {
      readonly scope: SharedScope
      /** Root run of the tree, or `PROJECT/2026-11-24`. */
      readonly id: string
      /** Limits that hold no more. */
      readonly lifted: readonly BudgetLimit[]
      /** Key of the question whose answer it is; null when nobody had asked. */
      readonly key: string | null
    }
  }
  /** A step met the quota of a provider: whoever else would call it waits until the reset. */
  'provider.limited': {
    readonly stepKey: string
    readonly provider: string
    /** Which account, where more than one is known to be used; null: the one that the agent is signed in with. */
    readonly account: string | null
    /** The model whose quota it is; null: all of them. */
    readonly model: string | null
    /** ISO. */
    readonly resetAt: string
  }
  /** A person lets calls of a provider be tried before its reset. */
  'provider.released': {
    readonly provider: string
    readonly account: string | null
    readonly by: string | null
  }
  'usage.recorded': TokenCounts & {
    readonly stepKey: string | null
    readonly provider: string
    readonly model: string
    /** US dollars with six places; null when the price is unknown. */
    readonly costUsd: number | null
    readonly priceSource: string | null
    readonly latencyMs: number | null
    /** Id that makes a second record of the same call void, e.g. the provider's message id. */
    readonly callId: string | null
  }
}
