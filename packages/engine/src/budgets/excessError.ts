import { BudgetExceededError } from '@holdfast/workflow-sdk'
import type { BudgetExcess } from '@holdfast/workflow-sdk/journal'

/** The error of a step whose agent may spend no more; its details are the excess. */
export function excessError(runId: string, stepName: string, excess: BudgetExcess): BudgetExceededError {
  return new BudgetExceededError(
    `${sentence(stepName, excess)} Raise the budget of run ${runId} or of the step, or give it less to do.`,
    { details: { runId, step: stepName, ...excess } },
  )
}

/** Says whose budget is used up, and by how much. */
export function sentence(stepName: string, { scope, limit, allowed, spent }: BudgetExcess): string {
  const whose = scope === 'step' ? `The budget of step "${stepName}"` : `The budget of ${WHOSE[scope]}`
  const at = scope === 'step' ? '' : ` at step "${stepName}"`
  return `${whose} is used up${at}: ${amount(limit, spent)} of ${amount(limit, allowed)}.`
}

const WHOSE = {
  run: 'the run',
  tree: 'this run and the runs it belongs together with',
  day: 'the project for today',
} as const satisfies Record<Exclude<BudgetExcess['scope'], 'step'>, string>

function amount(limit: BudgetExcess['limit'], value: number): string {
  switch (limit) {
    case 'usd':
      return `$${value.toFixed(value < 1 ? 4 : 2)}`
    case 'tokens':
      return `${value} tokens`
    case 'turns':
      return `${value} model calls`
    case 'wallMs':
      return `${(value / 1000).toFixed(1)} s`
  }
}
