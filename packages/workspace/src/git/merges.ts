import type { GitMerge } from '@holdfast/workflow-sdk'
import type { GitScope } from '@holdfast/workflow-sdk/ports'
import { commit, conflictsIn } from './commits.ts'
import { gitError } from './gitError.ts'
import { identityArguments } from './identity.ts'
import { reflogMark } from './reflogMark.ts'
import { headCommit, type Repository } from './Repository.ts'
import { resolveRevision } from './revisions.ts'

/** Merges a revision into the current branch, with a commit of its own. See `GitPort.merge`. */
export async function merge(
  repository: Repository,
  from: string,
  message: string,
  scope: GitScope | undefined,
): Promise<GitMerge> {
  const theirs = await resolveRevision(repository, from, 'commit')
  // Begun before, by this step in a process that died, or stopped by a hook.
  if ((await commitUnderWay(repository)) === theirs) return await goOn(repository, message, scope)
  const args = ['merge', '--no-ff', '--commit', '--no-autostash', '--quiet', '-m', message, theirs]
  const command = { cwd: repository.root, args }
  const answer = await repository.write([...(await identityArguments(repository)), ...args], {
    accept: [0, 1],
    env: { GIT_REFLOG_ACTION: reflogMark(scope) },
  })
  if (answer.exitCode === 0) return merged(await headCommit(repository))
  if ((await commitUnderWay(repository)) !== theirs) throw gitError(command, answer)
  const conflicts = await conflictsIn(repository)
  // Without a conflict it was a hook that refused.
  if (conflicts.length === 0) throw gitError(command, answer)
  return { merged: false, hash: null, conflicts }
}

async function goOn(repository: Repository, message: string, scope: GitScope | undefined): Promise<GitMerge> {
  const conflicts = await conflictsIn(repository)
  if (conflicts.length > 0) return { merged: false, hash: null, conflicts }
  return merged((await commit(repository, message, { all: false }, scope)).hash)
}

const merged = (hash: string | null): GitMerge => ({ merged: true, hash, conflicts: [] })

/** The commit that is being merged in, null when none is. */
async function commitUnderWay(repository: Repository): Promise<string | null> {
  const args = ['rev-parse', '--verify', '--quiet', 'MERGE_HEAD']
  const answer = await repository.read(args, { accept: [0, 1] })
  return answer.exitCode === 0 ? answer.stdout.trim() : null
}
