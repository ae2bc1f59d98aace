import { WorkflowError } from '@holdfast/workflow-sdk'
import type { Context } from '../http/Context.ts'
import type { Handlers } from '../http/handlers.ts'

/** Whether the server lives, and whether it takes requests. */
export function healthHandlers(context: Context): Handlers<'getHealth' | 'getReadiness'> {
  const { holdfast, version } = context
  return {
    getHealth: async () => ({ status: 'ok', version }),
    getReadiness: async () => {
      if (context.isStopping())
        throw new WorkflowError(
          'SERVER_STOPPING',
          'The server is about to stop. Send requests to another one.',
        )
      await holdfast.store.getProject(holdfast.project.id)
      return { status: 'ready', store: holdfast.store.description }
    },
  }
}
