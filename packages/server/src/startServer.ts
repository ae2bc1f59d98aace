import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import { projectPaths, type Holdfast } from '@holdfast/runtime'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { FastifyServerOptions } from 'fastify'
import { isLoopback } from './access/checkOrigin.ts'
import { localOwner } from './access/localOwner.ts'
import { newToken, removeServerFile, writeServerFile } from './access/serverFile.ts'
import { buildApp } from './buildApp.ts'

/** Where a server listens, and what for. */
export interface ServerOptions {
  readonly holdfast: Holdfast
  readonly version: string
  /** Default `127.0.0.1`. */
  readonly host?: string
  /** Default 3456; 0 takes any that is free. */
  readonly port?: number
  readonly logger?: FastifyServerOptions['logger']
}

/** A server that listens. */
export interface RunningServer {
  readonly url: string
  /** The token of its owner, which also stands in `tokenFile`. */
  readonly token: string
  /** Absolute. */
  readonly tokenFile: string
  /** Takes no more requests, lets those under way end, closes WebSockets, and resolves when all are closed. */
  stop(): Promise<void>
}

/** Port of `serve` and `dev` when nothing else is said. */
export const DEFAULT_PORT = 3456

/**
 * Starts a server for its owner alone (SV3).
 * @throws WorkflowError `SERVER_NEEDS_ACCOUNTS`, `SERVER_ADDRESS_IN_USE`.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { holdfast, version, host = '127.0.0.1', port = DEFAULT_PORT, logger = false } = options
  refuseWithoutAccounts(host)
  const token = newToken()
  const app = await buildApp({ holdfast, access: localOwner(token), version, logger })
  await app.fastify.listen({ host, port }).catch(async (error: NodeJS.ErrnoException) => {
    await app.fastify.close()
    throw cannotListen(error, host, port)
  })
  const address = app.fastify.server.address() as AddressInfo
  const name = host.includes(':') ? `[${host}]` : host
  const url = `http://${name}:${address.port}`
  const tokenFile = join(projectPaths(holdfast.project.path).cache, 'server.json')
  await writeServerFile(tokenFile, { url, token, pid: process.pid })
  let stopped: Promise<void> | null = null
  const stop = async (): Promise<void> => {
    app.stopping()
    await app.fastify.close()
    await removeServerFile(tokenFile, token)
  }
  return { url, token, tokenFile, stop: () => (stopped ??= stop()) }
}

/** @throws WorkflowError `SERVER_NEEDS_ACCOUNTS` for a host that others can reach. */
export function refuseWithoutAccounts(host: string): void {
  if (isLoopback(host)) return
  throw new WorkflowError(
    'SERVER_NEEDS_ACCOUNTS',
    `A server on ${host} can be reached from elsewhere, and this version has no accounts that would say who may use it. ` +
      'Use --host 127.0.0.1, and a tunnel from elsewhere: ssh -L 3456:127.0.0.1:3456 HOST',
    { details: { host } },
  )
}

function cannotListen(error: NodeJS.ErrnoException, host: string, port: number): unknown {
  if (error.code !== 'EADDRINUSE') return error
  return new WorkflowError(
    'SERVER_ADDRESS_IN_USE',
    `Another program listens on ${host}:${port}. Stop it, or choose another port: --port 0 takes one that is free.`,
    { details: { host, port } },
  )
}
