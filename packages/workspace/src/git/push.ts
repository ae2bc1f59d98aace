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
  await repository.write(['push', '--quiet', '--', remote, `refs/heads/${branch}:refs/heads/${branch}`])
  return { pushed: true, remote, branch }
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
