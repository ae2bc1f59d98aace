import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** The id by which answers and the log name a request: the one that it brings in `x-request-id`, or a new one. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID()
}
