import { WorkflowError } from '@holdfast/workflow-sdk'
import type { Context } from '../http/Context.ts'
import type { Handlers } from '../http/handlers.ts'
import { given, pageOfAll } from '../http/pages.ts'

type Names =
  | 'listWorkflows'
  | 'getWorkflow'
  | 'updateWorkflow'
  | 'deleteWorkflow'
  | 'listWorkflowVersions'
  | 'getWorkflowVersion'
  | 'listWorkflowNodes'
  | 'startExecution'

/** Workflows, their versions, and the start of their runs. */
export function workflowHandlers({ holdfast }: Context): Handlers<Names> {
  const { store } = holdfast
  return {
    listWorkflows: async ({ query: { projectId, isActive, q, ...page } }) =>
      pageOfAll(await store.listWorkflows(given({ projectId, isActive, q })), page),
    getWorkflow: async ({ params: { id } }) => {
      const row = await store.getWorkflow(id)
      const steps = await store.listWorkflowNodes({ workflowId: id })
      return { ...row, steps }
    },
    updateWorkflow: async ({ params, body: { is_active, description } }) =>
      await store.updateWorkflow(params.id, given({ isActive: is_active, description })),
    deleteWorkflow: async ({ params }) => {
      await store.deleteWorkflow(params.id)
      return null
    },
    listWorkflowVersions: async ({ params, query }) => {
      await store.getWorkflow(params.id)
      return pageOfAll((await store.listWorkflowVersions(params.id)).map(withoutBundle), query)
    },
    getWorkflowVersion: async ({ params: { id, n } }) => withoutBundle(await store.getWorkflowVersion(id, n)),
    listWorkflowNodes: async ({ params, query }) => {
      await store.getWorkflow(params.id)
      return pageOfAll(await store.listWorkflowNodes({ workflowId: params.id }), query)
    },
    startExecution: async ({ params, body, request }) => {
      const { projectId, input, idempotencyKey, ...options } = body
      if (projectId !== undefined) await belongs(params.id, projectId)
      const header = request.headers['idempotency-key']
      const key = idempotencyKey ?? (typeof header === 'string' && header !== '' ? header : undefined)
      const run = await holdfast.startWorkflow(
        params.id,
        input ?? {},
        given({ ...options, idempotencyKey: key }),
      )
      return { id: run.id, status: run.started.status }
    },
  }

  /** A workflow is one of one project: naming another is a mistake that is told. */
  async function belongs(id: string, projectId: string): Promise<void> {
    const row = await store.getWorkflow(id)
    if (row.project_id === projectId) return
    throw new WorkflowError(
      'RECORD_NOT_FOUND',
      `Workflow ${id} does not belong to project ${projectId}. It is one of project ${row.project_id}.`,
      { details: { workflowId: id, projectId: row.project_id } },
    )
  }
}

function withoutBundle<T extends { readonly bundle: string }>({ bundle: _, ...row }: T): Omit<T, 'bundle'> {
  return row
}
