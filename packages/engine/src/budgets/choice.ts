import { BUDGET_LIMITS, type BudgetExcess, type BudgetLimit, type Json } from '@holdfast/workflow-sdk/journal'
import type { AnswerRecord } from '../journal/records.ts'

type Given = Pick<AnswerRecord, 'answer' | 'approved'>

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
export function readBudgetChoice(answer: Given, excess: BudgetExcess): BudgetChoice {
  const why = budgetMisfit(answer)
  if (why !== null) return { is: 'unfit', why }
  const choice = choiceOf(answer)
  if (choice === 'continue' || choice === 'stop') return { is: choice }
  const more = amountsOf(answer) as [BudgetLimit, number][]
  const again = excess.budget + Math.max(0, excess.spent - excess.allowed)
  return { is: 'raise', amounts: more.length === 0 ? [[excess.limit, again]] : more }
}

/** Why an answer is neither a choice nor a raise by amounts; null when it is one. */
export function budgetMisfit(answer: Given): string | null {
  const choice = choiceOf(answer)
  if (!(BUDGET_CHOICES as readonly Json[]).includes(choice))
    return `${JSON.stringify(choice)} is none of ${BUDGET_CHOICES.join(', ')}`
  const wrong = amountsOf(answer).find(([limit, amount]) => !isLimit(limit) || !isAmount(amount))
  if (wrong === undefined) return null
  return `${JSON.stringify(wrong[1])} for ${wrong[0]} is no amount; limits are ${BUDGET_LIMITS.join(', ')}`
}

function choiceOf({ answer, approved }: Given): Json {
  const given = answer ?? (approved ? 'raise' : 'stop')
  return isObject(given) ? (given.choice ?? null) : given
}

function amountsOf({ answer }: Given): readonly [string, Json][] {
  return isObject(answer) ? Object.entries(answer).filter(([name]) => name !== 'choice') : []
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
