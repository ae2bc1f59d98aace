import { createServer, type ServerHttp2Session } from 'node:http2'
import type { RestateModule } from './api.ts'

/** Serves handlers over HTTP/2 on a port of this machine. The answer stops that, with what is under way. */
export async function listen(
  handler: ReturnType<RestateModule['createEndpointHandler']>,
  port: number,
): Promise<() => Promise<void>> {
  const server = createServer(handler)
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve())
      for (const session of sessions) session.destroy()
    })
}
