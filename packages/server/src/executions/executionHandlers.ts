import { executionView, type WorkflowRunRow, type WorkflowStepRow } from '@holdfast/runtime'
import { isTerminal, WorkflowError } from '@holdfast/workflow-sdk'
import type { AnswerOf, Routes } from '@holdfast/api'
import type { Context } from '../http/Context.ts'
import type { Handlers } from '../http/handlers.ts'
import { given, pageOfAll } from '../http/pages.ts'

type Names = 'listExecutions' | 'getExecution' | 'deleteExecution' | 'listSteps'

/** Runs: lists, details, removal. */
export function executionHandlers(context: Context): Handlers<Names> {
  const { store } = context.holdfast
  return {
    listExecutions: async ({ query }) => {
      const { from, to, ...rest } = query
      const page = await store.listWorkflowRuns(
        given({ sort: '-started_at' as const, ...given({ ...rest, from: iso(from), to: iso(to) }) }),
      )
      const items = await Promise.all(page.items.map(withCurrentStep))
      return { ...page, items }
    },
    getExecution: async ({ params }) => await wholeExecution(context, params.id),
    deleteExecution: async ({ params }) => {
      const run = await store.getWorkflowRun(params.id)
      if (!isTerminal(run.status))
        throw new WorkflowError(
          'RUN_TRANSITION_INVALID',
          `Run ${run.id} is ${run.status}; only a run that is over can be removed. Cancel it first.`,
          { details: { runId: run.id, status: run.status } },
        )
      await store.deleteWorkflowRun(params.id)
      return null
    },
    listSteps: async ({ params, query }) => {
      await store.getWorkflowRun(params.id)
      return pageOfAll(await store.listWorkflowSteps(params.id), query)
    },
  }

  async function withCurrentStep(
    run: WorkflowRunRow,
  ): Promise<WorkflowRunRow & { readonly current_step: WorkflowStepRow | null }> {
    const id = run.current_workflow_step_id
    // The run may be removed while the list is made.
    const step = id === null ? null : await store.getWorkflowStep(id).catch(() => null)
    return { ...run, current_step: step }
  }
}

/** The whole document of a run. @throws WorkflowError `RUN_NOT_FOUND`. */
export async function wholeExecution(
  { holdfast: { store } }: Context,
  runId: string,
): Promise<AnswerOf<Routes['getExecution']>> {
  const [view, sessions] = await Promise.all([executionView(store, runId), store.listAgentSessions(runId)])
  return { ...view, agent_sessions: sessions }
}

function iso(time: string | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString()
}
