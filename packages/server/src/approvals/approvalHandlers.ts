import { WorkflowError } from '@holdfast/workflow-sdk'
import type { ApprovalRow } from '@holdfast/runtime'
import type { Context } from '../http/Context.ts'
import type { Handlers } from '../http/handlers.ts'
import { given, pageOfAll } from '../http/pages.ts'
import { runOf } from '../records/fileHandlers.ts'

/** Questions of runs, and their answers. */
export function approvalHandlers({
  holdfast: { store, engine },
}: Context): Handlers<'listApprovals' | 'getApproval' | 'answerApproval'> {
  return {
    listApprovals: async ({ query: { status, executionId, ...page } }) =>
      pageOfAll(await store.listApprovals(given({ status, runId: executionId })), page),
    getApproval: async ({ params }) => await find(params.id),
    answerApproval: async ({ params, body, by }) => {
      const { run_id } = await find(params.id)
      return await engine.answer(run_id, given({ ...body, by, approvalId: params.id }))
    },
  }

  async function find(id: string): Promise<ApprovalRow> {
    const row = (await store.listApprovals({ runId: runOf(id) })).find((one) => one.id === id)
    if (row !== undefined) return row
    throw new WorkflowError('APPROVAL_NOT_FOUND', `There is no question with id ${JSON.stringify(id)}.`, {
      details: { id },
    })
  }
}
