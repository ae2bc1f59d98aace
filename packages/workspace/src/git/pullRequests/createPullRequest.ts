import { WorkflowError, type PullRequestText } from '@holdfast/workflow-sdk'
import type { GitPort, GitScope } from '@holdfast/workflow-sdk/ports'
import { push } from '../push.ts'
import { defaultBranch, parseHosted, remoteOfBranch, remoteUrl, type HostedRepository } from '../remotes.ts'
import { headBranch, type Repository } from '../Repository.ts'
import type { GitSettings } from '../runGit.ts'
import type { AskForge } from './forge.ts'
import { apiAccess, askWithToken } from './githubApi.ts'
import { askWithGh, isSignedIn } from './githubCli.ts'
import { openPullRequest } from './openPullRequest.ts'
import type { ForgeJob, PullRequestJob } from './PullRequest.ts'
import { pullRequestText } from './pullRequestText.ts'

/**
 * Pushes the branch and opens a pull request for it: with `gh` where it is installed and signed in to the
 * remote's host, else with `GITHUB_TOKEN` or `GH_TOKEN`, else not at all, and the text says what to do.
 */
export async function createPullRequest(
  settings: GitSettings,
  repository: Repository,
  text: PullRequestText,
  scope: GitScope | undefined,
): ReturnType<GitPort['createPr']> {
  const branch = await branchToOffer(repository, text)
  const remote = await remoteOfBranch(repository, branch)
  if (remote === null)
    return { created: false, url: null, via: 'artifact', text: pullRequestText(text, { branch }) }
  await refuseSameBase(repository, remote, branch, text)
  await push(repository, { remote, branch })
  const hosted = await hostedRepository(repository, remote)
  const job = { branch, text, cwd: repository.root, ...settings, scope }
  const opened = hosted === null ? null : await open({ ...job, repository: hosted })
  const markdown = pullRequestText(text, { branch, remote, ...(opened === null ? {} : { url: opened.url }) })
  return opened === null
    ? { created: false, url: null, via: 'artifact', text: markdown }
    : { created: opened.created, url: opened.url, via: opened.via, text: markdown }
}

async function open(job: PullRequestJob) {
  const way = await wayTo(job)
  return way === null ? null : { ...(await openPullRequest(job, way.ask)), via: way.via }
}

/** How the forge of a repository is reached: by `gh`, with a token, or not at all. */
export async function wayTo(
  job: ForgeJob,
): Promise<{ readonly via: 'gh' | 'api'; readonly ask: AskForge } | null> {
  if (await isSignedIn(job)) return { via: 'gh', ask: askWithGh(job) }
  const access = apiAccess(job.environment, job.repository.host)
  return access === null ? null : { via: 'api', ask: askWithToken(job, access) }
}

/** The repository of a remote as its forge names it; null where its address is none of a forge. */
export async function hostedRepository(
  repository: Repository,
  remote: string,
): Promise<HostedRepository | null> {
  const url = await remoteUrl(repository, remote)
  return url === null ? null : parseHosted(url)
}

async function branchToOffer(repository: Repository, text: PullRequestText): Promise<string> {
  const branch = await headBranch(repository)
  if (branch !== null) return branch
  const message =
    `No pull request can be made for ${JSON.stringify(text.title)} in ${repository.root}: HEAD is detached. ` +
    `Make a branch with ensureBranch first.`
  throw new WorkflowError('GIT_FAILED', message, { details: { cwd: repository.root } })
}

async function refuseSameBase(repository: Repository, remote: string, branch: string, text: PullRequestText) {
  const base = text.base ?? (await defaultBranch(repository, remote))
  if (base !== branch) return
  const message =
    `No pull request can be made for ${JSON.stringify(text.title)}: its branch "${branch}" is also the branch ` +
    `it would be merged into. Make a branch of its own with ensureBranch.`
  throw new WorkflowError('GIT_FAILED', message, { details: { branch, base, remote } })
}
