import { WorkflowError, type PullRequestCommentText } from '@holdfast/workflow-sdk'
import type { GitPort, GitScope } from '@holdfast/workflow-sdk/ports'
import { remoteOfBranch } from '../remotes.ts'
import { headBranch, type Repository } from '../Repository.ts'
import type { GitSettings } from '../runGit.ts'
import { hostedRepository, wayTo } from './createPullRequest.ts'
import { effectMark, hasMark, withMark } from './effectMark.ts'
import { expectStatus, textAt, type AskForge } from './forge.ts'
import type { ForgeJob } from './PullRequest.ts'

/**
 * Writes a comment below a pull request, unless this step wrote it before: that one is found by its hidden key, also
 * where only the answer to the writing was lost. See `GitPort.commentPr`.
 */
export async function commentPullRequest(
  settings: GitSettings,
  repository: Repository,
  text: PullRequestCommentText,
  scope: GitScope | undefined,
): ReturnType<GitPort['commentPr']> {
  const branch = (await headBranch(repository)) ?? ''
  const remote = await remoteOfBranch(repository, branch)
  const hosted = remote === null ? null : await hostedRepository(repository, remote)
  const job = hosted === null ? null : { repository: hosted, cwd: repository.root, ...settings, scope }
  const way = job === null ? null : await wayTo(job)
  if (job === null || way === null) return { created: false, url: null, via: 'artifact', text: text.body }
  const number = text.pr === undefined ? await numberOf(job, branch, way.ask) : numberIn(text.pr)
  return { ...(await comment(job, way.ask, number, text.body)), via: way.via, text: text.body }
}

async function comment(job: ForgeJob, ask: AskForge, number: number, body: string) {
  const mark = effectMark(job.scope)
  const found = mark === null ? null : await findComment(job, ask, number, mark)
  if (found !== null) return found
  try {
    const answer = await ask('POST', `/issues/${number}/comments`, { body: withMark(body, mark) })
    expectStatus(answer, 201, job.repository)
    return { created: true, url: textAt(answer, answer.body, 'html_url', job.repository) }
  } catch (error) {
    if (!WorkflowError.has(error, 'FORGE_UNAVAILABLE') || mark === null) throw error
    const made = await findComment(job, ask, number, mark).catch(() => null)
    if (made !== null) return made
    throw error
  }
}

const PER_PAGE = 100

/** Page by page, newest pages last: GitHub lists comments in the order in which they were written. */
async function findComment(job: ForgeJob, ask: AskForge, number: number, mark: string) {
  for (let page = 1; ; page++) {
    const answer = await ask('GET', `/issues/${number}/comments?per_page=${PER_PAGE}&page=${page}`)
    expectStatus(answer, 200, job.repository)
    const listed = (Array.isArray(answer.body) ? answer.body : []) as readonly {
      readonly body?: string | null
    }[]
    const own = listed.find(({ body }) => hasMark(body, mark))
    if (own !== undefined) return { created: true, url: textAt(answer, own, 'html_url', job.repository) }
    if (listed.length < PER_PAGE) return null
  }
}

/** The open pull request of the branch. */
async function numberOf(job: ForgeJob, branch: string, ask: AskForge): Promise<number> {
  const head = encodeURIComponent(`${job.repository.owner}:${branch}`)
  const answer = expectStatus(
    await ask('GET', `/pulls?state=open&head=${head}&per_page=1`),
    200,
    job.repository,
  )
  const [open] = (Array.isArray(answer.body) ? answer.body : []) as readonly { readonly number?: number }[]
  if (open?.number !== undefined) return open.number
  const message = `No pull request of branch ${JSON.stringify(branch)} is open in ${job.repository.owner}/${job.repository.name}. Open one with ctx.git.createPr, or name one with pr.`
  throw new WorkflowError('FORGE_NOT_FOUND', message, { details: { branch } })
}

/** The number of a pull request, given as that or as its address. */
function numberIn(pr: number | string): number {
  const number = typeof pr === 'number' ? pr : Number(/\/(?:pull|issues)\/(\d+)(?:[/?#]|$)/.exec(pr)?.[1])
  if (Number.isInteger(number) && number > 0) return number
  const message = `${JSON.stringify(pr)} names no pull request. Give its number, or its address as createPr answers it.`
  throw new WorkflowError('OPTION_INVALID', message, { details: { option: 'pr' } })
}
