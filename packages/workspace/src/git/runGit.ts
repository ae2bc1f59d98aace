import { setTimeout as delay } from 'node:timers/promises'
import type { GitScope } from '@holdfast/workflow-sdk/ports'
import type { Environment } from '../processes/environment.ts'
import { runProgram, type ProgramAnswer } from '../processes/runProgram.ts'
import { gitEnvironment } from './gitEnvironment.ts'
import { gitError } from './gitError.ts'
import { lockOf, removeStaleLock } from './locks.ts'

/** What every git call of a port shares. */
export interface GitSettings {
  readonly environment: Environment
  readonly killAfterMs: number
}

/** One git command. */
export interface GitCommand {
  /** Absolute folder in which git runs. */
  readonly cwd: string
  /** Without `git` itself. */
  readonly args: readonly string[]
  /** Reads take no optional locks, so they disturb nobody who works in the same repository. */
  readonly reads?: boolean
  readonly stdin?: string
  readonly env?: Environment
  /** `latin1` keeps every byte of what git prints. */
  readonly encoding?: 'utf8' | 'latin1'
  /** Exit codes that are answers; default only 0. */
  readonly accept?: readonly number[]
  readonly scope?: GitScope | undefined
}

/** What git answered. */
export type GitAnswer = ProgramAnswer

/** Pauses in milliseconds while another git holds a lock; together about six seconds. */
const LOCK_PAUSES_MS = [20, 50, 100, 200, 400, 800, 1000, 1000, 1000, 1000]

/**
 * Runs git, again for a bounded time where another git holds a lock.
 * @throws WorkflowError `GIT_FAILED` with what git and its hooks said, `NOT_A_GIT_REPOSITORY`,
 * `COMMAND_NOT_FOUND` (no git), `OUTPUT_TOO_LARGE`; or the reason of the scope's signal.
 */
export async function runGit(settings: GitSettings, command: GitCommand): Promise<GitAnswer> {
  for (const pauseMs of [...LOCK_PAUSES_MS, null]) {
    const answer = await once(settings, command)
    if ((command.accept ?? [0]).includes(answer.exitCode)) return answer
    const lock = lockOf(answer.stderr)
    if (lock === null || pauseMs === null) throw gitError(command, answer)
    if (!(await removeStaleLock(lock))) await delay(pauseMs, undefined, signalOf(command.scope))
  }
  throw new Error('unreachable: the last round answers or throws')
}

async function once(settings: GitSettings, command: GitCommand): Promise<GitAnswer> {
  return await runProgram({
    file: 'git',
    args: [...ALWAYS, ...command.args],
    cwd: command.cwd,
    env: gitEnvironment(settings.environment, { reads: command.reads ?? false, ...command.env }),
    marker: command.scope?.marker ?? null,
    stdin: command.stdin === undefined ? 'ignore' : { text: command.stdin },
    killAfterMs: settings.killAfterMs,
    ...(command.encoding === undefined ? {} : { encoding: command.encoding }),
    onProcess: command.scope?.onProcess,
    ...signalOf(command.scope),
  })
}

/** No daemon that watches files is started behind the user's back; output is parsed, so it has no colours. */
const ALWAYS = ['-c', 'core.fsmonitor=false', '-c', 'color.ui=false', '-c', 'core.quotePath=false']

function signalOf(scope: GitScope | undefined): { signal?: AbortSignal } {
  return scope === undefined ? {} : { signal: scope.signal }
}
