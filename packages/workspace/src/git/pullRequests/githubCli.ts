import { WorkflowError } from '@holdfast/workflow-sdk'
import { parentEnvironment } from '../../processes/environment.ts'
import { runProgram, type ProgramAnswer } from '../../processes/runProgram.ts'
import { withoutCredentials } from '../gitError.ts'
import type { AskForge, ForgeAnswer } from './forge.ts'
import { noAnswer } from './forgeError.ts'
import { parsed } from './githubApi.ts'
import type { ForgeJob } from './PullRequest.ts'

/** Whether `gh` is installed and signed in to the host of the repository. */
export async function isSignedIn(job: ForgeJob): Promise<boolean> {
  try {
    return (await gh(job, ['auth', 'status', '--hostname', job.repository.host])).exitCode === 0
  } catch (error) {
    if (WorkflowError.has(error, 'COMMAND_NOT_FOUND')) return false
    throw error
  }
}

/** Asks GitHub's REST interface through `gh api`, with the account that is signed in there. */
export function askWithGh(job: ForgeJob): AskForge {
  const { host, owner, name } = job.repository
  return async (method, path, body) => {
    const address = `repos/${owner}/${name}${path}`
    const args = ['api', '--include', `--hostname=${host}`, `--method=${method}`, address]
    const input = body === undefined ? undefined : JSON.stringify(body)
    const answer = await gh(job, [...args, ...(input === undefined ? [] : ['--input=-'])], input)
    return responseOf(answer, `gh api ${method} ${address}`)
  }
}

/** `--include` prints the status line and the headers, an empty line, and the body, whatever the status is. */
function responseOf(answer: ProgramAnswer, request: string): ForgeAnswer {
  const [, status, headers = '', body = ''] =
    /^HTTP\/[\d.]+ (\d{3})[^\r\n]*\r?\n((?:[^\r\n]+\r?\n)*)\r?\n([\s\S]*)$/.exec(answer.stdout) ?? []
  if (status === undefined) {
    const said = withoutCredentials(`${answer.stderr.trim()}\n${answer.stdout.trim()}`.trim()).slice(0, 1000)
    throw noAnswer(request, new Error(said || `gh ended with ${answer.exitCode} and printed nothing`))
  }
  const fields = new Map(
    headers.split(/\r?\n/).map((line) => {
      const at = line.indexOf(':')
      return [line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim()] as const
    }),
  )
  return { request, status: Number(status), header: (name) => fields.get(name) ?? null, body: parsed(body) }
}

async function gh(job: ForgeJob, args: readonly string[], stdin?: string): Promise<ProgramAnswer> {
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
