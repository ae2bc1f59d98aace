import { BUDGET_LIMITS, type BudgetExcess, type BudgetLimit, type Json } from '@holdfast/workflow-sdk/journal'
import type { AnswerRecord } from '../journal/records.ts'

/** What a person may choose when a budget is used up. */
export const BUDGET_CHOICES = ['raise', 'continue', 'stop'] as const

/** `raise` by amounts; `continue` without this limit; `stop` the step; or an answer that is none of them. */
export type BudgetChoice =
  | { readonly is: 'raise'; readonly amounts: readonly (readonly [BudgetLimit, number])[] }
  | { readonly is: 'continue' }
  | { readonly is: 'stop' }
  | { readonly is: 'unfit'; readonly why: string }

/**
 * Reads an answer: one of the choices, or `{ choice: 'raise', usd: 5 }`. `raise` alone, like a yes, grants as much as
 * the author gave, counted from what is spent; a no stops.
 */
export function readBudgetChoice(
  { answer, approved }: Pick<AnswerRecord, 'answer' | 'approved'>,
  excess: BudgetExcess,
): BudgetChoice {
  const given = answer ?? (approved ? 'raise' : 'stop')
  const choice = isObject(given) ? given.choice : given
  if (choice === 'continue' || choice === 'stop') return { is: choice }
  if (choice !== 'raise')
    return { is: 'unfit', why: `${JSON.stringify(choice)} is none of ${BUDGET_CHOICES.join(', ')}` }
  const { choice: _choice, ...amounts } = isObject(given) ? given : { choice }
  const wrong = Object.entries(amounts).find(([limit, amount]) => !isLimit(limit) || !isAmount(amount))
  if (wrong !== undefined)
    return {
      is: 'unfit',
      why: `${JSON.stringify(wrong[1])} for ${wrong[0]} is no amount; limits are ${BUDGET_LIMITS.join(', ')}`,
    }
  const more = Object.entries(amounts) as [BudgetLimit, number][]
  const again = excess.budget + Math.max(0, excess.spent - excess.allowed)
  return { is: 'raise', amounts: more.length === 0 ? [[excess.limit, again]] : more }
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isLimit(name: string): name is BudgetLimit {
  return (BUDGET_LIMITS as readonly string[]).includes(name)
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value > 0
}
