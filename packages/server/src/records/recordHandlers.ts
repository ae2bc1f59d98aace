import type { Context } from '../http/Context.ts'
import type { Handlers } from '../http/handlers.ts'
import { given, pageOfAll } from '../http/pages.ts'

type Names =
  | 'listComments'
  | 'listArtifacts'
  | 'listAgentSessions'
  | 'listMessages'
  | 'listModelCalls'
  | 'sumUsage'
  | 'listExecutionLogs'
  | 'listSessions'
  | 'getSession'
  | 'listSessionMessages'

/** Lists of what runs leave behind. */
export function recordHandlers({ holdfast }: Context): Handlers<Names> {
  const { store } = holdfast
  return {
    listComments: async ({ params: { id }, query: { stepId, ...page } }) => {
      await store.getWorkflowRun(id)
      const rows = await store.listComments(id)
      return pageOfAll(
        rows.filter((row) => stepId === undefined || row.step_id === stepId),
        page,
      )
    },
    listArtifacts: async ({ params: { id }, query: { stepId, type, ...page } }) => {
      await store.getWorkflowRun(id)
      const rows = await store.listArtifacts(id)
      return pageOfAll(
        rows.filter(
          (row) =>
            (stepId === undefined || row.step_id === stepId) && (type === undefined || row.type === type),
        ),
        page,
      )
    },
    listAgentSessions: async ({ params: { id }, query }) => {
      await store.getWorkflowRun(id)
      return pageOfAll(await store.listAgentSessions(id), query)
    },
    listMessages: async ({ params: { id }, query }) => {
      await store.getWorkflowRun(id)
      return pageOfAll(await store.listMessages({ runId: id }), query)
    },
    listModelCalls: async ({ params: { id }, query: { stepId, ...page } }) => {
      await store.getWorkflowRun(id)
      return pageOfAll(await store.listLlmUsage(given({ runId: id, stepId })), page)
    },
    sumUsage: async ({ query: { page, limit, after, ...query } }) =>
      pageOfAll(await store.sumLlmUsage(given(query)), { page, limit, after }),
    listExecutionLogs: async ({ query }) => await store.listExecutionLogs(given(query)),
    listSessions: async ({ query }) => await store.listSessions(given(query)),
    getSession: async ({ params }) => await store.getSession(params.id),
    listSessionMessages: async ({ params: { id }, query }) => {
      await store.getSession(id)
      return pageOfAll(await store.listMessages({ sessionId: id }), query)
    },
  }
}
