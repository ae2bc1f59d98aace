import type { Amounts, BudgetLimit } from '@holdfast/workflow-sdk/journal'
import type { ErrorRecord } from './vocabulary.ts'

/** A budget that runs share: of a tree of runs, or of a project in a span of time. */
export type SharedBudgetQuery = {
  /** Reservations of this run are left out: it knows them itself. */
  readonly exceptRunId?: string
} & (
  | { readonly scope: 'tree'; readonly rootRunId: string }
  | {
      readonly scope: 'day'
      readonly projectId: string
      /** Name of the day under which its grants are kept, such as `2026-11-24`. */
      readonly day: string
      /** ISO, inclusive. */
      readonly from: string
      /** ISO, exclusive. */
      readonly to: string
    }
)

/** What a shared budget has spent, holds back and was granted by now. */
export interface SharedBudgetSums {
  /** Calls whose price is unknown count nothing in `usd`. */
  readonly spent: Required<Omit<Amounts, 'wallMs'>>
  readonly unknownCalls: number
  /** What agents that work at the moment hold back, without what they spent of it. */
  readonly reserved: Required<Omit<Amounts, 'wallMs'>>
  readonly raised: Amounts
  readonly lifted: readonly BudgetLimit[]
}

/** The quota of a provider that stands at the moment. */
export interface ProviderLimit {
  readonly provider: string
  /** Null: the account that agents are signed in with. */
  readonly account: string | null
  /** Null: all models. */
  readonly model: string | null
  /** ISO. */
  readonly resetAt: string
  /** The run that met it. */
  readonly runId: string
  /** ISO. */
  readonly since: string
}

/** How a turn of an agent ended. */
export interface AgentEnd {
  readonly runId: string
  readonly agent: string
  readonly status: 'completed' | 'failed'
  readonly error: ErrorRecord | null
  /** ISO. */
  readonly at: string
}

/** What workers tell each other about money, quotas and failures, through rows of their runs. */
export interface MoneyStore {
  readSharedBudget(query: SharedBudgetQuery): Promise<SharedBudgetSums>
  /** Quotas that hold calls back at `now` (ISO): not reset by then, and not released by a person since. */
  listProviderLimits(query: { readonly provider?: string; readonly now: string }): Promise<ProviderLimit[]>
  /** The last turns of an agent in a project that ended after `since` (ISO), newest first; what a fork took over is its original's. */
  listAgentEnds(query: {
    readonly projectId: string
    readonly agent: string
    readonly since: string
    readonly limit: number
  }): Promise<AgentEnd[]>
}
