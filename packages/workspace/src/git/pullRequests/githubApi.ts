import type { Environment } from '../../processes/environment.ts'
import type { AskForge } from './forge.ts'
import { noAnswer } from './forgeError.ts'
import type { ForgeJob } from './PullRequest.ts'

/** Where GitHub's REST interface is, and the token for it. */
export interface ApiAccess {
  /** Without a slash at its end. */
  readonly url: string
  readonly token: string
}

/** A request that has no answer after this many milliseconds is given up. */
const REQUEST_TIMEOUT_MS = 30_000

/**
 * The access for a host, from `GITHUB_TOKEN` or `GH_TOKEN`; null without one, and for hosts that are neither
 * github.com nor the server of `GITHUB_SERVER_URL`: a token is shown to nobody else. `GITHUB_API_URL` is used as
 * GitHub Actions defines it.
 */
export function apiAccess(environment: Environment, host: string): ApiAccess | null {
  const token = environment['GITHUB_TOKEN'] || environment['GH_TOKEN']
  const server = environment['GITHUB_SERVER_URL']
  const home = server !== undefined && URL.canParse(server) ? new URL(server).hostname : 'github.com'
  if (token === undefined || token === '' || (host !== home && host !== 'github.com')) return null
  // The server of the environment may be another one than github.com, which then has its own address.
  const url =
    host === home ? environment['GITHUB_API_URL'] || 'https://api.github.com' : 'https://api.github.com'
  return { url: url.replace(/\/+$/, ''), token }
}

/** Asks GitHub's REST interface with a token. */
export function askWithToken(job: ForgeJob, access: ApiAccess): AskForge {
  const { owner, name } = job.repository
  return async (method, path, body) => {
    const url = `${access.url}/repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}${path}`
    const limit = AbortSignal.timeout(REQUEST_TIMEOUT_MS)
    try {
      const response = await fetch(url, {
        method,
        headers: {
          accept: 'application/vnd.github+json',
          authorization: `Bearer ${access.token}`,
          'content-type': 'application/json',
          'user-agent': 'holdfast',
          'x-github-api-version': '2022-11-28',
        },
        signal: job.scope === undefined ? limit : AbortSignal.any([limit, job.scope.signal]),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const { status, headers } = response
      const text = await response.text()
      return { request: `${method} ${url}`, status, header: (name) => headers.get(name), body: parsed(text) }
    } catch (error) {
      if (job.scope?.signal.aborted === true) throw job.scope.signal.reason
      throw noAnswer(url, error)
    }
  }
}

/** JSON, or the beginning of what is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text.slice(0, 500)
  }
}
