import type { Context } from '../http/Context.ts'
import type { Handlers } from '../http/handlers.ts'
import { given } from '../http/pages.ts'
import { wholeExecution } from './executionHandlers.ts'

type Names =
  | 'cancelExecution'
  | 'killExecution'
  | 'resumeExecution'
  | 'sendEvent'
  | 'raiseBudget'
  | 'getPlan'
  | 'forkExecution'

/** What people do to runs. */
export function actionHandlers(context: Context): Handlers<Names> {
  const { holdfast } = context
  const { engine } = holdfast
  return {
    cancelExecution: async ({ params: { id }, by }) => {
      await engine.cancel(id, { by })
      return await wholeExecution(context, id)
    },
    killExecution: async ({ params: { id }, by }) => {
      await engine.kill(id, { by })
      return await wholeExecution(context, id)
    },
    resumeExecution: async ({ params: { id }, body, by }) => {
      await engine.resume(id, given({ by, version: body?.version }))
      return await wholeExecution(context, id)
    },
    sendEvent: async ({ params, body: { name, data = null, id }, by }) => {
      await engine.send(params.id, given({ by, name, data, id }))
      return await wholeExecution(context, params.id)
    },
    raiseBudget: async ({ params: { id }, body, by }) => {
      await engine.raiseBudget(id, { by, amounts: given(body) })
      return await wholeExecution(context, id)
    },
    getPlan: async ({ params, query: { fromStep, nearest }, by }) => {
      const request = given({ by, from: fromStep, nearest: nearest === 'true' ? true : undefined })
      const { plan, notes } = await engine.planFork(params.id, request)
      return { ...plan, notes }
    },
    forkExecution: async ({ params, body: { fromStep, ...more }, by }) => {
      const { id, started, plan, notes } = await holdfast.fork(
        params.id,
        given({ by, from: String(fromStep), ...more }),
      )
      return { id, status: started.status, plan: { ...plan, notes } }
    },
  }
}
