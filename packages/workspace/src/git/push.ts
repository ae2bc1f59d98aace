import { WorkflowError } from '@holdfast/workflow-sdk'
import { checkBranchName } from './branches.ts'
import { remoteNames } from './remotes.ts'
import { headBranch, type Repository } from './Repository.ts'

/** Pushes a branch under its own name, never by force. See `GitPort.push`. */
export async function push(
  repository: Repository,
  options: { readonly remote: string; readonly branch?: string },
): Promise<{ readonly pushed: boolean; readonly remote: string; readonly branch: string }> {
  const { remote } = options
  await checkRemote(repository, remote)
  const branch = options.branch ?? (await headBranch(repository))
  if (branch === null) {
    const message = `There is no branch to push in ${repository.root}: HEAD is detached. Make one with ensureBranch.`
    throw new WorkflowError('GIT_FAILED', message, { details: { cwd: repository.root, remote } })
  }
  await checkBranchName(repository, branch)
  const args = ['push', '--quiet', '--', remote, `refs/heads/${branch}:refs/heads/${branch}`]
  try {
    await repository.write(args)
  } catch (error) {
    // Pushed before this process died, and others have gone on from there since.
    if (!isBehind(error) || !(await hasCommit(repository, remote, branch))) throw error
  }
  return { pushed: true, remote, branch }
}

function isBehind(error: unknown): boolean {
  return WorkflowError.has(error, 'GIT_FAILED') && /non-fast-forward|fetch first/.test(error.message)
}

/** Whether the branch of the remote holds the commit that is to be pushed; its commits are fetched, no ref is made. */
async function hasCommit(repository: Repository, remote: string, branch: string): Promise<boolean> {
  const ref = `refs/heads/${branch}`
  const { stdout } = await repository.read(['ls-remote', '--', remote, ref])
  const there = stdout.split('\t')[0] ?? ''
  if (there === '') return false
  const fetch = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--', remote, ref]
  await repository.write(fetch)
  const answer = await repository.read(['merge-base', '--is-ancestor', ref, there], { accept: [0, 1, 128] })
  return answer.exitCode === 0
}

async function checkRemote(repository: Repository, remote: string): Promise<void> {
  const known = await remoteNames(repository)
  if (known.includes(remote)) return
  const list = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`
  const message =
    `The repository ${repository.root} has no remote ${JSON.stringify(remote)} (${list}). ` +
    `Add it with "git remote add", or name another.`
  throw new WorkflowError('GIT_FAILED', message, { details: { remote, known, cwd: repository.root } })
}
