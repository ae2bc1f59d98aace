import type { EngineOptions } from '@holdfast/engine'
import { toMilliseconds } from '@holdfast/workflow-sdk'
import type { HoldfastConfig, SharedBudget } from './defineConfig.ts'

type Money = Required<Pick<EngineOptions, 'sharedBudgets' | 'breaker'>>

const DEFAULT_FAILURES = 3
const DEFAULT_WINDOW = '6h'

/** What the configuration says of shared budgets and the breaker, as the engine takes it. */
export function moneySettings({ budgets = {}, breaker = {} }: HoldfastConfig): Money {
  const { timeZone = 'UTC', ...day } = budgets.day ?? {}
  return {
    sharedBudgets: {
      tree: limitsOf(budgets.tree),
      day: limitsOf(day) === null ? null : { limits: day, timeZone },
    },
    breaker:
      breaker === false
        ? null
        : {
            failures: breaker.failures ?? DEFAULT_FAILURES,
            windowMs: toMilliseconds(breaker.window ?? DEFAULT_WINDOW, 'breaker.window'),
          },
  }
}

function limitsOf(budget: SharedBudget | undefined): SharedBudget | null {
  return budget === undefined || Object.keys(budget).length === 0 ? null : budget
}
