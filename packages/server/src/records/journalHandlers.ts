import { WorkflowError } from '@holdfast/workflow-sdk'
import type { Context } from '../http/Context.ts'
import type { Handlers } from '../http/handlers.ts'
import { given, startOf } from '../http/pages.ts'

const DEFAULT_LIMIT = 200

/** Journal and log lines of a run, which only grow: a page goes on where the last one ended. */
export function journalHandlers({ holdfast }: Context): Handlers<'listEvents' | 'listLogs'> {
  const { store } = holdfast
  return {
    listEvents: async ({ params: { id: runId }, query: { after = 0, limit = DEFAULT_LIMIT } }) => {
      await store.getWorkflowRun(runId)
      const items = await store.listWorkflowEvents({ runId, afterSequence: after, limit })
      const total = await store.lastSequence(runId)
      const last = items.at(-1)?.sequence ?? after
      const next = last < total ? String(last) : null
      return { items: items as never, page: 1, limit, total, totalExact: true, next }
    },
    listLogs: async ({ params: { id: runId }, query: { stepId, level, limit = DEFAULT_LIMIT, after } }) => {
      await store.getWorkflowRun(runId)
      const asked = given({ runId, stepId, level })
      if (stepId === undefined) {
        const start = after === undefined ? 0 : startOf(after)
        const rows = await store.listWorkflowLogs({ ...asked, limit: start + limit + 1 })
        return answer(rows.slice(start, start + limit), rows.length, limit, `at-${start + limit}`, start)
      }
      const afterSequence = after === undefined ? 0 : sequenceOf(after)
      const rows = await store.listWorkflowLogs({ ...asked, afterSequence, limit: limit + 1 })
      const items = rows.slice(0, limit)
      return answer(items, rows.length, limit, `after-${items.at(-1)?.sequence ?? 0}`, 0)
    },
  }
}

/** `total` is what is known without counting: exact on the last page of a list that was read from its start. */
function answer<T>(items: readonly T[], read: number, limit: number, cursor: string, start: number) {
  const isMore = read > start + items.length
  return { items, page: 1, limit, total: read, totalExact: !isMore, next: isMore ? cursor : null }
}

function sequenceOf(cursor: string): number {
  const sequence = /^after-(\d{1,15})$/.exec(cursor)?.[1]
  if (sequence !== undefined) return Number(sequence)
  throw new WorkflowError(
    'OPTION_INVALID',
    `after is ${JSON.stringify(cursor)}, which is no cursor of this list.`,
    {
      details: { option: 'after' },
    },
  )
}
