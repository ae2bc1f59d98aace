import { WorkflowError } from '@holdfast/workflow-sdk'
import { effectMark, hasMark, withMark } from './effectMark.ts'
import { expectStatus, textAt, type AskForge } from './forge.ts'
import type { OpenedPullRequest, PullRequestJob } from './PullRequest.ts'

/**
 * Opens the pull request, unless this step made it before (then that counts as made), or one of the branch is open.
 * Where the answer to the opening is lost, what came of it is looked up. (Source: GitHub REST API, "Pulls".)
 * @throws WorkflowError `FORGE_…` with what GitHub answered.
 */
export async function openPullRequest(job: PullRequestJob, ask: AskForge): Promise<OpenedPullRequest> {
  const found = await find(job, ask)
  if (found !== null) return found
  const base = job.text.base ?? (await defaultBase(job, ask))
  const { title, body, draft } = job.text
  try {
    const answer = await ask('POST', '/pulls', {
      title,
      body: withMark(body, effectMark(job.scope)),
      head: job.branch,
      base,
      draft: draft ?? false,
    })
    expectStatus(answer, 201, job.repository)
    return { created: true, url: textAt(answer, answer.body, 'html_url', job.repository) }
  } catch (error) {
    // Somebody may have opened one since we looked, or it was opened and only the answer got lost.
    if (!WorkflowError.has(error, 'FORGE_REFUSED', 'FORGE_UNAVAILABLE')) throw error
    const made = await find(job, ask).catch(() => null)
    if (made !== null) return made
    throw error
  }
}

interface Listed {
  readonly html_url: string
  readonly state?: string
  readonly body?: string | null
}

async function find(job: PullRequestJob, ask: AskForge): Promise<OpenedPullRequest | null> {
  const head = encodeURIComponent(`${job.repository.owner}:${job.branch}`)
  const answer = expectStatus(
    await ask('GET', `/pulls?state=all&head=${head}&per_page=100`),
    200,
    job.repository,
  )
  const listed = (Array.isArray(answer.body) ? answer.body : []) as readonly Listed[]
  const own = listed.find(({ body }) => hasMark(body, effectMark(job.scope)))
  if (own !== undefined) return { created: true, url: textAt(answer, own, 'html_url', job.repository) }
  const open = listed.find(({ state = 'open' }) => state === 'open')
  return open === undefined ? null : { created: false, url: textAt(answer, open, 'html_url', job.repository) }
}

async function defaultBase(job: PullRequestJob, ask: AskForge): Promise<string> {
  const answer = expectStatus(await ask('GET', ''), 200, job.repository)
  return textAt(answer, answer.body, 'default_branch', job.repository)
}
