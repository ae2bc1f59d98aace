import type { BudgetCarry } from '@holdfast/workflow-sdk/journal'
import type { ForkPoint } from './readForkPoint.ts'

/**
 * What a run had spent and was granted before the step that it is forked from: the fork goes on with the budget that was
 * left then. Null where that is nothing.
 */
export function inheritedBudget({ index, after }: ForkPoint): BudgetCarry | null {
  const [first] = after
  const carry = index.spending.carry(first?.type === 'step.started' ? (first.payload.activeMs ?? 0) : 0)
  const { turns } = carry.spent
  return turns === 0 && Object.keys(carry.raised).length === 0 && carry.lifted.length === 0 ? null : carry
}

/** Says it to whoever forks. */
export function inheritedNote({ spent }: BudgetCarry, stepName: string): string {
  const { usd, tokens, turns } = spent
  return `Its budget goes on from what was spent before "${stepName}": $${usd.toFixed(4)}, ${tokens} tokens, ${turns} model calls. They count in the fork and its tree, not once more in the day of the project.`
}
