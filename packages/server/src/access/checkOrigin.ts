import type { IncomingMessage } from 'node:http'
import { WorkflowError } from '@holdfast/workflow-sdk'

/**
 * Refuses what a browser sends for a page of another site: a `Host` that is no loopback name (somebody's name that
 * points here), an `Origin` other than the server's own, and what the browser itself calls cross-site.
 * @throws WorkflowError `ORIGIN_NOT_ALLOWED`.
 */
export function checkOrigin({ headers }: Pick<IncomingMessage, 'headers'>): void {
  const { host = '', origin } = headers
  if (!LOOPBACK_HOST.test(host)) refuse(`its Host is ${JSON.stringify(host)}`, { host })
  if (origin !== undefined && origin !== `http://${host}`) refuse(`a page of ${origin} sent it`, { origin })
  const isNavigation = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
  if (headers['sec-fetch-site'] === 'cross-site' && !isNavigation)
    refuse('a page of another site sent it', { site: 'cross-site' })
}

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i

function refuse(why: string, details: Readonly<Record<string, string>>): never {
  throw new WorkflowError(
    'ORIGIN_NOT_ALLOWED',
    `The request is not taken: ${why}. Call the server as http://127.0.0.1:PORT from a program or from its own pages.`,
    { details },
  )
}

/** Whether only programs of this machine reach a server on this host. */
export function isLoopback(host: string): boolean {
  return LOOPBACK_HOST.test(host) || host === '::1'
}
