import type { Budget } from '../context/options.ts'
import { WorkflowError } from '../errors/WorkflowError.ts'
import { BUDGET_LIMITS, type Amounts } from '../journal/budgets.ts'
import { toMilliseconds } from '../values/duration.ts'

/**
 * Checks a budget; null where none is given.
 * @param what Says whose budget it is, for the message.
 * @throws WorkflowError `OPTION_UNKNOWN`, `OPTION_INVALID` or `DURATION_INVALID`.
 */
export function checkBudget(budget: Budget | undefined, what: string): Amounts | null {
  if (budget === undefined) return null
  if (typeof budget !== 'object' || budget === null || Array.isArray(budget))
    throw invalid(what, `${JSON.stringify(budget)}. Give an object such as { usd: 5 }`)
  const unknown = Object.keys(budget).find((limit) => !(BUDGET_LIMITS as readonly string[]).includes(limit))
  if (unknown !== undefined)
    throw new WorkflowError(
      'OPTION_UNKNOWN',
      `${what} sets "${unknown}". Known limits: ${BUDGET_LIMITS.join(', ')}.`,
      { details: { option: unknown } },
    )
  const { wallMs, ...amounts } = budget
  for (const [limit, amount] of Object.entries(amounts)) {
    if (amount === undefined) continue
    const isWhole = limit === 'usd' || Number.isInteger(amount)
    if (typeof amount !== 'number' || !Number.isFinite(amount) || amount <= 0 || !isWhole)
      throw invalid(
        what,
        `${JSON.stringify(amount)} in ${limit}. Use a ${limit === 'usd' ? '' : 'whole '}number above 0`,
      )
  }
  const given = Object.fromEntries(Object.entries(amounts).filter(([, amount]) => amount !== undefined))
  return wallMs === undefined ? given : { ...given, wallMs: toMilliseconds(wallMs, `wallMs in ${what}`) }
}

function invalid(what: string, is: string): WorkflowError {
  return new WorkflowError('OPTION_INVALID', `${what} is ${is}.`, { details: { option: 'budget' } })
}
