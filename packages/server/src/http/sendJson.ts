import { hash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Answers JSON; of a GET with its hash as ETag, so that who asks again is told that nothing changed. */
export function sendJson(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  answer: unknown,
): FastifyReply {
  const text = JSON.stringify(answer)
  if (request.method === 'GET' || request.method === 'HEAD') {
    const tag = `W/"${hash('sha1', text, 'base64url')}"`
    reply.header('etag', tag)
    if (matches(request.headers['if-none-match'], tag)) return reply.status(304).send()
  }
  return reply.status(status).type('application/json; charset=utf-8').send(text)
}

/** Whether an `If-None-Match` names the tag; weakly compared (RFC 9110, 13.1.2). */
export function matches(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  const plain = tag.replace(/^W\//, '')
  return header.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === plain)
}
