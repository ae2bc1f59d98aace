import { WorkflowError } from '@holdfast/workflow-sdk'
import type { Environment } from '../../processes/environment.ts'
import type { OpenedPullRequest, PullRequestJob } from './PullRequest.ts'

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

/**
 * Opens the pull request with GitHub's REST interface, unless one of the branch is open.
 * (Source: GitHub REST API, "Pulls".) @throws WorkflowError `GIT_FAILED` with what GitHub answered.
 */
export async function openWithApi(job: PullRequestJob, access: ApiAccess): Promise<OpenedPullRequest> {
  const found = await findOpen(job, access)
  if (found !== null) return { created: false, url: found }
  const base = job.text.base ?? (await defaultBase(job, access))
  const { title, body, draft } = job.text
  const answer = await ask(job, access, 'POST', '/pulls', {
    title,
    body,
    head: job.branch,
    base,
    draft: draft ?? false,
  })
  if (answer.status === 201) return { created: true, url: textAt(answer, 'html_url') }
  // Somebody may have opened one since we looked.
  const other = answer.status === 422 ? await findOpen(job, access) : null
  if (other !== null) return { created: false, url: other }
  throw refused(job, answer)
}

async function findOpen(job: PullRequestJob, access: ApiAccess): Promise<string | null> {
  const head = encodeURIComponent(`${job.repository.owner}:${job.branch}`)
  const answer = await ask(job, access, 'GET', `/pulls?state=open&head=${head}&per_page=1`)
  if (answer.status !== 200 || !Array.isArray(answer.body)) throw refused(job, answer)
  return answer.body.length === 0 ? null : textAt({ ...answer, body: answer.body[0] }, 'html_url')
}

async function defaultBase(job: PullRequestJob, access: ApiAccess): Promise<string> {
  const answer = await ask(job, access, 'GET', '')
  if (answer.status !== 200) throw refused(job, answer)
  return textAt(answer, 'default_branch')
}

interface Answer {
  readonly request: string
  readonly status: number
  readonly body: unknown
}

async function ask(
  job: PullRequestJob,
  access: ApiAccess,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<Answer> {
  const { owner, name } = job.repository
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
    return { request: `${method} ${url}`, status: response.status, body: parse(await response.text()) }
  } catch (error) {
    if (job.scope?.signal.aborted === true) throw job.scope.signal.reason
    const reason = error instanceof Error ? `${error.message} ${causeOf(error)}`.trim() : String(error)
    const message = `GitHub could not be reached at ${url}: ${reason}. Check the network and GITHUB_API_URL.`
    throw new WorkflowError('GIT_FAILED', message, { details: { url }, cause: error })
  }
}

const causeOf = (error: Error): string => (error.cause instanceof Error ? `(${error.cause.message})` : '')

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text.slice(0, 500)
  }
}

function textAt(answer: Answer, field: string): string {
  const value = (answer.body as Record<string, unknown> | null)?.[field]
  if (typeof value === 'string') return value
  const message = `${answer.request} answered ${answer.status} without "${field}". Is this address GitHub's REST API?`
  throw new WorkflowError('GIT_FAILED', message, { details: { request: answer.request } })
}

function refused(job: PullRequestJob, answer: Answer): WorkflowError {
  const said = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)
  const message =
    `${answer.request} answered ${answer.status}: ${said.slice(0, 1000)}. ` +
    `Check that the token may open pull requests in ${job.repository.owner}/${job.repository.name}.`
  return new WorkflowError('GIT_FAILED', message, {
    details: { request: answer.request, status: answer.status },
  })
}
