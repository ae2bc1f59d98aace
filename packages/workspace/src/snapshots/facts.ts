import { basename, dirname } from 'node:path'
import type { GitFacts } from '@holdfast/workflow-sdk/journal'
import { withoutCredentials } from '../git/gitError.ts'
import { remoteOfBranch, remoteUrl } from '../git/remotes.ts'
import { headBranch, headCommit, type Repository } from '../git/Repository.ts'
import { emptyTree, resolveRevision } from '../git/revisions.ts'
import { sumLines, treeDiff } from '../git/treeDiff.ts'
import type { OwnIndex } from './OwnIndex.ts'
import { treeOfFiles } from './treeOfFiles.ts'

/**
 * Git facts with the difference from `initialCommit` to the files as they are now; null stands for "before the
 * first commit", so every file counts as new.
 */
export async function facts(
  repository: Repository,
  index: OwnIndex,
  initialCommit: string | null,
): Promise<GitFacts> {
  const from =
    initialCommit === null
      ? await emptyTree(repository)
      : await resolveRevision(repository, initialCommit, 'commit')
  const { treeId } = await treeOfFiles(repository, index)
  const files = await treeDiff(repository, from, treeId)
  return { ...(await placeFacts(repository)), initialCommit, diff: { ...sumLines(files), files } }
}

/** Repository, branch and commit, without a difference. */
export async function placeFacts(repository: Repository) {
  const [branch, finalCommit] = await Promise.all([headBranch(repository), headCommit(repository)])
  return { repo: await repositoryName(repository, branch), branch, finalCommit }
}

/** The remote's address without user and password; where there is no remote, the folder of the repository. */
async function repositoryName(repository: Repository, branch: string | null): Promise<string> {
  const remote = await remoteOfBranch(repository, branch ?? '')
  const url = remote === null ? null : await remoteUrl(repository, remote)
  // A clone of a folder names its git folder.
  if (url !== null) return withoutCredentials(url).replace(/\/\.git$/, '')
  return basename(repository.commonDir) === '.git' ? dirname(repository.commonDir) : repository.commonDir
}
