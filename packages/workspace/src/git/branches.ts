import { WorkflowError } from '@holdfast/workflow-sdk'
import type { GitScope } from '@holdfast/workflow-sdk/ports'
import { isMarkOf, reflogMark } from './reflogMark.ts'
import { headBranch, headCommit, type Repository } from './Repository.ts'
import { resolveRevision } from './revisions.ts'

/** Switches to a branch, made from `from` (default HEAD) where it does not exist. See `GitPort.ensureBranch`. */
export async function ensureBranch(
  repository: Repository,
  name: string,
  from: string | undefined,
  scope: GitScope | undefined,
): Promise<{ readonly name: string; readonly created: boolean }> {
  await checkBranchName(repository, name)
  const [current, head] = await Promise.all([headBranch(repository), headCommit(repository)])
  if (await branchExists(repository, name)) {
    if (current !== name) await repository.write(['switch', '--quiet', '--no-guess', name])
    return { name, created: await wasCreatedBy(repository, name, scope) }
  }
  if (head === null && from === undefined) {
    // Before the first commit a branch is only the name that HEAD holds.
    if (current !== name) await repository.write(['symbolic-ref', 'HEAD', `refs/heads/${name}`])
    return { name, created: current !== name }
  }
  const start = await resolveRevision(repository, from ?? 'HEAD', 'commit')
  await create(repository, name, start, scope)
  return { name, created: true }
}

/** Name of the current branch; `HEAD` when it is detached, as `git rev-parse --abbrev-ref` has it. */
export async function currentBranch(repository: Repository): Promise<string> {
  return (await headBranch(repository)) ?? 'HEAD'
}

/** Hash of the current commit. @throws WorkflowError `GIT_FAILED` before the first one. */
export async function currentCommit(repository: Repository): Promise<string> {
  const commit = await headCommit(repository)
  if (commit !== null) return commit
  const message = `The repository ${repository.root} has no commit yet. Make a first commit.`
  throw new WorkflowError('GIT_FAILED', message, { details: { cwd: repository.root } })
}

/** Whether there is a local branch of this name. */
export async function branchExists(repository: Repository, name: string): Promise<boolean> {
  const args = ['show-ref', '--verify', '--quiet', `refs/heads/${name}`]
  return (await repository.read(args, { accept: [0, 1, 128] })).exitCode === 0
}

/** @throws WorkflowError `GIT_FAILED` when git would not accept the name for a branch. */
export async function checkBranchName(repository: Repository, name: string): Promise<void> {
  const answer = await repository.read(['check-ref-format', `refs/heads/${name}`], {
    accept: [0, 1, 128, 129],
  })
  if (answer.exitCode === 0 && !name.startsWith('-') && name !== 'HEAD' && !name.includes('\0')) return
  const message =
    `${JSON.stringify(name)} cannot be the name of a branch. Use letters, digits, "-", "_", "." and "/", ` +
    `not beginning with "-" (rules: git check-ref-format).`
  throw new WorkflowError('GIT_FAILED', message, { details: { name } })
}

/** The ref is made first and alone, with the step's mark; where switching fails it is taken back. */
async function create(repository: Repository, name: string, start: string, scope?: GitScope): Promise<void> {
  const ref = `refs/heads/${name}`
  const message = `${reflogMark(scope)}: branch created`
  await repository.write(['update-ref', '--create-reflog', '-m', message, ref, start, ''])
  try {
    await repository.write(['switch', '--quiet', '--no-guess', name])
  } catch (error) {
    await repository.write(['update-ref', '-d', ref, start])
    throw error
  }
}

async function wasCreatedBy(repository: Repository, name: string, scope?: GitScope): Promise<boolean> {
  if (scope === undefined) return false
  const args = ['log', '--walk-reflogs', '--format=%gs', `refs/heads/${name}`, '--']
  const { stdout } = await repository.read(args, { accept: [0, 128] })
  return isMarkOf(scope, stdout.trimEnd().split('\n').at(-1))
}
