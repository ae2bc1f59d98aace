import { Readable } from 'node:stream'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FileAnswer } from './handlers.ts'
import { matches } from './sendJson.ts'

/**
 * Streams a file, or the one range that was asked for (RFC 9110, 14). It is always a download: what a run wrote must
 * not be shown as a page of this server.
 */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { file, name, mimeType }: FileAnswer,
): Promise<FastifyReply> {
  const { sizeBytes, modifiedAt, handle } = file
  const tag = `"${sizeBytes.toString(36)}-${modifiedAt.getTime().toString(36)}"`
  reply.headers({
    etag: tag,
    'last-modified': modifiedAt.toUTCString(),
    'accept-ranges': 'bytes',
    'content-disposition': disposition(name),
    'content-security-policy': "default-src 'none'; sandbox",
  })
  if (matches(request.headers['if-none-match'], tag)) {
    await handle.close()
    return reply.status(304).send()
  }
  const range = rangeOf(request, tag, sizeBytes)
  if (range === 'none') {
    await handle.close()
    reply.header('content-range', `bytes */${sizeBytes}`)
    throw new WorkflowError(
      'RANGE_NOT_SATISFIABLE',
      `The file has ${sizeBytes} bytes; ${request.headers.range} lies behind its end.`,
      { details: { sizeBytes } },
    )
  }
  const [first, last] = range ?? [0, sizeBytes - 1]
  reply.status(range === null ? 200 : 206).type(mimeType)
  if (range !== null) reply.header('content-range', `bytes ${first}-${last}/${sizeBytes}`)
  reply.header('content-length', last - first + 1)
  if (request.method === 'HEAD' || last < first) {
    await handle.close()
    return reply.send(Readable.from([]))
  }
  // A file that grows meanwhile is sent as long as it was when it was opened.
  return reply.send(handle.createReadStream({ start: first, end: last }))
}

/** First and last byte; null for all of them, `none` where the file has no such bytes. */
function rangeOf(request: FastifyRequest, tag: string, size: number): [number, number] | null | 'none' {
  const asked = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '')
  const condition = request.headers['if-range']
  if (asked === null || (condition !== undefined && condition !== tag)) return null
  const [, from = '', to = ''] = asked
  if (from === '' && to === '') return null
  if (from === '') return Number(to) === 0 || size === 0 ? 'none' : [Math.max(0, size - Number(to)), size - 1]
  const first = Number(from)
  const last = to === '' ? size - 1 : Math.min(Number(to), size - 1)
  if (first >= size) return 'none'
  return last < first ? null : [first, last]
}

/** RFC 6266: a plain name for old readers, the whole one in UTF-8. */
function disposition(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_')
  const whole = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${plain}"; filename*=UTF-8''${whole}`
}
