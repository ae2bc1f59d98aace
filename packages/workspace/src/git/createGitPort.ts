import type { GitPort, GitScope } from '@holdfast/workflow-sdk/ports'
import { diff } from '../snapshots/diff.ts'
import type { OwnIndex } from '../snapshots/OwnIndex.ts'
import { currentBranch, currentCommit, ensureBranch } from './branches.ts'
import { commit, stageAll } from './commits.ts'
import { merge } from './merges.ts'
import { commentPullRequest } from './pullRequests/commentPullRequest.ts'
import { createPullRequest } from './pullRequests/createPullRequest.ts'
import { push } from './push.ts'
import { openRepository, type Repository } from './Repository.ts'
import type { GitSettings } from './runGit.ts'
import { status } from './status.ts'

/** Git commands in a folder, through the git binary (docs/decisions/0002-git-binary.md). */
export function createGitPort(settings: GitSettings, index: OwnIndex): GitPort {
  const at = (path: string, scope: GitScope | undefined): Promise<Repository> =>
    openRepository(settings, path, scope)
  return {
    ensureBranch: async (path, name, from, scope) =>
      await ensureBranch(await at(path, scope), name, from, scope),
    getCurrentBranch: async (path, scope) => await currentBranch(await at(path, scope)),
    getCurrentCommit: async (path, scope) => await currentCommit(await at(path, scope)),
    stageAll: async (path, scope) => await stageAll(await at(path, scope)),
    commit: async (path, message, options, scope) =>
      await commit(await at(path, scope), message, options, scope),
    merge: async (path, from, message, scope) => await merge(await at(path, scope), from, message, scope),
    push: async (path, options, scope) => await push(await at(path, scope), options),
    createPr: async (path, text, scope) =>
      await createPullRequest(settings, await at(path, scope), text, scope),
    commentPr: async (path, text, scope) =>
      await commentPullRequest(settings, await at(path, scope), text, scope),
    status: async (path, scope) => await status(await at(path, scope)),
    diff: async (path, range, scope) => await diff(await at(path, scope), index, range),
  }
}
