import type { FastifyInstance } from 'fastify'
import { sendJson } from '../http/sendJson.ts'
import { openApiDocument } from './document.ts'
import { documentationPage, DOCUMENTATION_STYLE } from './page.ts'

/** `/api/openapi.json`, and the same for people at `/api/docs`; nothing of it comes from elsewhere. */
export function documentationRoutes(app: FastifyInstance, version: string): void {
  // Made when somebody first asks, as most starts of a server serve nobody who does.
  let document: ReturnType<typeof openApiDocument> | undefined
  const made = (): ReturnType<typeof openApiDocument> => (document ??= openApiDocument(version))
  app.get('/api/openapi.json', (request, reply) => sendJson(request, reply, 200, made()))
  app.get('/api/docs', (_, reply) =>
    reply
      .header('content-security-policy', "default-src 'none'; style-src 'self'; frame-ancestors 'none'")
      .type('text/html; charset=utf-8')
      .send(documentationPage(made())),
  )
  app.get('/api/docs.css', (_, reply) => reply.type('text/css; charset=utf-8').send(DOCUMENTATION_STYLE))
}
