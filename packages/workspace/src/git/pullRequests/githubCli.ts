import { WorkflowError } from '@holdfast/workflow-sdk'
import { parentEnvironment } from '../../processes/environment.ts'
import { runProgram, type ProgramAnswer } from '../../processes/runProgram.ts'
import { withoutCredentials } from '../gitError.ts'
import type { OpenedPullRequest, PullRequestJob } from './PullRequest.ts'

/** Whether `gh` is installed and signed in to the host of the repository. */
export async function isSignedIn(job: PullRequestJob): Promise<boolean> {
  try {
    return (await gh(job, ['auth', 'status', '--hostname', job.repository.host])).exitCode === 0
  } catch (error) {
    if (WorkflowError.has(error, 'COMMAND_NOT_FOUND')) return false
    throw error
  }
}

/** Opens the pull request with `gh`, unless one of the branch is open. @throws WorkflowError `GIT_FAILED`. */
export async function openWithGh(job: PullRequestJob): Promise<OpenedPullRequest> {
  const repo = `--repo=${job.repository.host}/${job.repository.owner}/${job.repository.name}`
  const head = `--head=${job.branch}`
  const look = ['pr', 'list', repo, head, '--state=open', '--json=url,headRepositoryOwner', '--limit=50']
  const { owner } = job.repository
  const open = parseList(await succeed(job, look)).find((found) =>
    isSame(found.headRepositoryOwner?.login, owner),
  )
  if (open !== undefined) return { created: false, url: open.url }

  const { title, body, base, draft } = job.text
  const options = [...(base === undefined ? [] : [`--base=${base}`]), ...(draft === true ? ['--draft'] : [])]
  const make = ['pr', 'create', repo, head, `--title=${title}`, '--body-file=-', ...options]
  const printed = await succeed(job, make, body)
  const url = /https?:\/\/\S+/g.exec(printed)?.[0]
  if (url === undefined) throw failure(job, make, { stdout: printed, stderr: '', exitCode: 0 })
  return { created: true, url }
}

const isSame = (login: string | undefined, owner: string): boolean =>
  login?.toLowerCase() === owner.toLowerCase()

/** A fork may have a branch of the same name, hence the owner. */
interface ListedPullRequest {
  readonly url: string
  readonly headRepositoryOwner?: { readonly login?: string } | null
}

function parseList(printed: string): readonly ListedPullRequest[] {
  try {
    return JSON.parse(printed) as readonly ListedPullRequest[]
  } catch (error) {
    const message = `gh answered a question for open pull requests with what is no JSON: ${printed.slice(0, 200)}`
    throw new WorkflowError('GIT_FAILED', `${message}. Update gh.`, { cause: error })
  }
}

async function succeed(job: PullRequestJob, args: readonly string[], stdin?: string): Promise<string> {
  const answer = await gh(job, args, stdin)
  if (answer.exitCode !== 0) throw failure(job, args, answer)
  return answer.stdout
}

async function gh(job: PullRequestJob, args: readonly string[], stdin?: string): Promise<ProgramAnswer> {
  const quiet = { GH_PROMPT_DISABLED: '1', GH_NO_UPDATE_NOTIFIER: '1', NO_COLOR: '1' }
  return await runProgram({
    file: 'gh',
    args,
    cwd: job.cwd,
    env: parentEnvironment(quiet, job.environment),
    marker: job.scope?.marker ?? null,
    killAfterMs: job.killAfterMs,
    ...(stdin === undefined ? {} : { stdin: { text: stdin } }),
    ...(job.scope === undefined ? {} : { signal: job.scope.signal, onProcess: job.scope.onProcess }),
  })
}

function failure(job: PullRequestJob, args: readonly string[], answer: ProgramAnswer): WorkflowError {
  const said = withoutCredentials(`${answer.stderr.trim()}\n${answer.stdout.trim()}`.trim()).slice(0, 2000)
  const name = `${job.repository.owner}/${job.repository.name}`
  const message =
    `gh ${args.slice(0, 2).join(' ')} failed for ${name} (exit ${answer.exitCode}): ${said || 'it printed nothing'}. ` +
    `Check "gh auth status" and your rights in that repository.`
  return new WorkflowError('GIT_FAILED', message, {
    details: { repository: name, exitCode: answer.exitCode },
  })
}
