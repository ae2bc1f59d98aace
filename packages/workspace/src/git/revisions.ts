import { WorkflowError } from '@holdfast/workflow-sdk'
import type { Repository } from './Repository.ts'

/**
 * The object that a revision names, as a full hash: safe to hand to any command, whatever the text began with.
 * @throws WorkflowError `GIT_FAILED` when nothing has that name.
 */
export async function resolveRevision(
  repository: Repository,
  revision: string,
  type: 'commit' | 'tree',
): Promise<string> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{${type}}`]
  const answer = await repository.read(args, { accept: [0, 1, 128] })
  if (answer.exitCode === 0) return answer.stdout.trim()
  const message =
    `${JSON.stringify(revision)} names no ${type} in ${repository.root}. ` +
    `Check the name; a branch of a remote may have to be fetched first.`
  throw new WorkflowError('GIT_FAILED', message, { details: { revision, cwd: repository.root } })
}

/** Hash of the tree without files, in the hash format of the repository. */
export async function emptyTree(repository: Repository): Promise<string> {
  return (await repository.write(['hash-object', '-w', '-t', 'tree', '--stdin'], { stdin: '' })).stdout.trim()
}
