import type { Holdfast } from '@holdfast/runtime'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { fastify, LogController, type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { Access } from './access/Access.ts'
import { allHandlers } from './http/allHandlers.ts'
import { MAX_BODY_BYTES, refuse } from './http/refusals.ts'
import { requestIdOf } from './http/requestId.ts'
import { registerRoutes } from './http/registerRoutes.ts'
import { documentationRoutes } from './openapi/documentationRoutes.ts'
import { openSocket } from './socket/openSocket.ts'

/** What an app is made of. */
export interface AppOptions {
  readonly holdfast: Holdfast
  readonly access: Access
  readonly version: string
  /** Where log lines go; default nowhere. */
  readonly logger?: FastifyServerOptions['logger']
}

/** The server without a port. */
export interface App {
  readonly fastify: FastifyInstance
  /** From now on readiness is denied, and WebSockets are asked to go elsewhere. */
  stopping(): void
}

/** Puts the server together, apart from listening. */
export async function buildApp({ holdfast, access, version, logger = false }: AppOptions): Promise<App> {
  const app = fastify({
    logger,
    // One line per request, written below.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: 60_000,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    genReqId: requestIdOf,
    frameworkErrors: (error, request, reply) => void refuse(error, request, reply),
    routerOptions: { maxParamLength: 500 },
  })
  readJsonOnly(app)
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ ...SECURITY_HEADERS, 'x-request-id': request.id })
    await access.admit(request.raw)
  })
  app.addHook('onResponse', async (request, reply) => {
    const { method, url, id } = request
    request.log.info(
      {
        reqId: id,
        method,
        path: url.split('?', 1)[0],
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'request',
    )
  })
  app.setErrorHandler((error, request, reply) => refuse(error, request, reply))
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0]!
    const allowed = (['GET', 'POST', 'PATCH', 'DELETE'] as const).filter(
      (method) => app.findRoute({ url: path, method }) !== null,
    )
    const error = new WorkflowError(
      'ROUTE_NOT_FOUND',
      `There is no ${request.method} ${path}. See what there is: GET /api/docs`,
      { details: { allowed } },
    )
    return refuse(error, request, reply)
  })
  let isStopping = false
  const context = { holdfast, log: app.log, version, isStopping: () => isStopping }
  registerRoutes(app, allHandlers(context), access)
  documentationRoutes(app, version)
  const socket = openSocket(app, context, access)
  return {
    fastify: app,
    stopping: () => {
      isStopping = true
      socket.goAway()
    },
  }
}

/** Cheaper than a plugin, and the same for every answer. */
const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-cache',
} as const

/** Bodies are JSON: other types could be sent by forms of other sites. An empty body is none. */
function readJsonOnly(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else void parse(request, body as string, done)
  })
}
