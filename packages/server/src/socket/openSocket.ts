import { STATUS_CODES, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { FastifyInstance } from 'fastify'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Access } from '../access/Access.ts'
import type { Context } from '../http/Context.ts'
import { refusalOf, type Refusal } from '../http/refusals.ts'
import { requestIdOf } from '../http/requestId.ts'
import { Connection } from './Connection.ts'
import { Hub } from './Hub.ts'

/** A client that does not answer a ping until the next one is gone. */
const HEARTBEAT_MS = 30_000
/** How long a client may take to close after it was asked to. */
const CLOSE_MS = 1000
const GOING_AWAY = 1001

/** The WebSocket at `/api/ws`. */
export interface Socket {
  /** Asks every client to go elsewhere; they go on there from their cursor. */
  goAway(): void
}

/** Takes upgrades of the app's server. */
export function openSocket(app: FastifyInstance, context: Context, access: Access): Socket {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 256 * 1024, perMessageDeflate: false })
  const hub = new Hub(context.holdfast.store, () => goAway())
  const alive = new WeakSet<WebSocket>()

  const goAway = (): void => {
    for (const client of sockets.clients) client.close(GOING_AWAY, 'The server is about to stop')
    setTimeout(() => {
      for (const client of sockets.clients) client.terminate()
    }, CLOSE_MS).unref()
  }

  app.server.on('upgrade', (request, raw, head) => {
    raw.on('error', () => raw.destroy())
    admit(request, context, access).then(
      () =>
        sockets.handleUpgrade(request, raw, head, (client) => {
          alive.add(client)
          client.on('pong', () => alive.add(client))
          Connection.open(client, context, hub, access.owner)
        }),
      (error: unknown) => refuseUpgrade(raw, refusalOf(error, requestIdOf(request), context.log)),
    )
  })
  const heartbeat = setInterval(() => {
    for (const client of sockets.clients) {
      if (!alive.delete(client)) client.terminate()
      else client.ping()
    }
  }, HEARTBEAT_MS).unref()
  app.addHook('onClose', async () => {
    clearInterval(heartbeat)
    hub.close()
    for (const client of sockets.clients) client.terminate()
  })
  return { goAway }
}

async function admit(request: IncomingMessage, context: Context, access: Access): Promise<void> {
  const path = (request.url ?? '').split('?', 1)[0]
  if (path !== '/api/ws')
    throw new WorkflowError('ROUTE_NOT_FOUND', `There is no WebSocket at ${path}. Use /api/ws`)
  if (context.isStopping())
    throw new WorkflowError('SERVER_STOPPING', 'The server is about to stop. Connect to another one.')
  await access.admit(request)
}

/** Refuses an upgrade as every route refuses, and ends the connection. */
function refuseUpgrade(raw: Duplex, { status, answer }: Refusal): void {
  const body = JSON.stringify(answer)
  raw.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `x-request-id: ${answer.error.requestId}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}
