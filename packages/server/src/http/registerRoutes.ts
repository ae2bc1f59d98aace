import { ROUTES, type Route } from '@holdfast/api'
import type { FastifyInstance } from 'fastify'
import type { Access } from '../access/Access.ts'
import type { Call, FileAnswer, Handlers } from './handlers.ts'
import { parseRequest } from './parse.ts'
import { sendFile } from './sendFile.ts'
import { sendJson } from './sendJson.ts'

/** Puts every route of the API into the app, each with its handler. */
export function registerRoutes(app: FastifyInstance, handlers: Handlers, access: Access): void {
  for (const [name, route] of Object.entries(ROUTES) as [keyof Handlers, Route][]) {
    const handler = handlers[name] as unknown as (call: Call<Route>) => Promise<unknown>
    app.route({
      method: route.method,
      url: `/api${route.path}`,
      handler: async (request, reply) => {
        const parts = parseRequest(route, request) as Pick<Call<Route>, 'params' | 'query' | 'body'>
        const answer = await handler({ ...parts, by: access.owner, request })
        if (route.answer === 'file') return await sendFile(request, reply, answer as FileAnswer)
        if (route.answer === null) return reply.status(route.status).send()
        return sendJson(request, reply, route.status, answer)
      },
    })
  }
}
