import { checkBudget, WorkflowError, type Budget } from '@holdfast/workflow-sdk'
import { BUDGET_LIMITS, type OutsideEvent } from '@holdfast/workflow-sdk/journal'
import { dayIn } from '../budgets/dayIn.ts'
import { wakeSharers } from '../budgets/wakeSharers.ts'
import type { EngineDependencies } from '../dependencies.ts'

/** Whose budget is raised: the run's, that of its tree, or that of its project today. */
export type RaisedScope = 'run' | 'tree' | 'day'

/**
 * Raises a budget by amounts, also while agents work; steps that wait for room go on.
 * @throws WorkflowError `RUN_NOT_FOUND`, `RUN_FINISHED`, `OPTION_UNKNOWN`, `OPTION_INVALID`, `DURATION_INVALID`.
 */
export async function raiseBudget(
  { store, clock, sharedBudgets }: EngineDependencies,
  runId: string,
  {
    by,
    amounts,
    of = 'run',
  }: { readonly by: string | null; readonly amounts: Budget; readonly of?: RaisedScope },
): Promise<void> {
  const detail = checkBudget(amounts, `The raise of the budget of run ${runId}`) ?? {}
  const refuse = (why: string): WorkflowError =>
    new WorkflowError('OPTION_INVALID', `The raise of the budget of run ${runId} ${why}`, {
      details: { option: 'amounts' },
    })
  if (Object.keys(detail).length === 0)
    throw refuse(`has no amount. Give at least one of: ${BUDGET_LIMITS.join(', ')}.`)
  const run = await store.getWorkflowRun(runId)
  if (of === 'run') {
    await store.appendFromOutside(runId, { type: 'budget.raised', payload: { detail, by } })
    return
  }
  if (detail.wallMs !== undefined) throw refuse('sets wallMs; budgets that runs share have no limit of time.')
  if (sharedBudgets[of] === null)
    throw refuse(`names the budget of the ${of}, and the configuration sets none. Set budgets.${of} there.`)
  const timeZone = sharedBudgets.day?.timeZone ?? 'UTC'
  const id = of === 'tree' ? run.root_run_id : `${run.project_id}/${dayIn(timeZone, clock.now()).day}`
  const shared = { scope: of, id, lifted: [], key: null } as const
  const event: OutsideEvent = { type: 'budget.raised', payload: { detail, by, shared } }
  await store.appendFromOutside(runId, event)
  await wakeSharers(store, run)
}
