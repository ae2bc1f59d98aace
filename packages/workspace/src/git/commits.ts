import { WorkflowError } from '@holdfast/workflow-sdk'
import type { GitScope } from '@holdfast/workflow-sdk/ports'
import { identityArguments } from './identity.ts'
import { ALL_BUT_INTERNAL } from './internalPaths.ts'
import { isMarkOf, reflogMark } from './reflogMark.ts'
import { headCommit, type Repository } from './Repository.ts'
import { status } from './status.ts'

/** Stages every change of the work tree, deletions included; the files of Holdfast itself stay out. */
export async function stageAll(repository: Repository): Promise<void> {
  await repository.write(['add', '--all', '--', ...ALL_BUT_INTERNAL])
}

/** Commits what is staged, after `all` of everything. Hooks run. See `GitPort.commit`. */
export async function commit(
  repository: Repository,
  message: string,
  options: { readonly all: boolean },
  scope: GitScope | undefined,
): Promise<{ readonly committed: boolean; readonly hash: string | null }> {
  if (message.trim() === '') {
    const text = `A commit in ${repository.root} has an empty message. Say in a line what it changes.`
    throw new WorkflowError('GIT_FAILED', text, { details: { cwd: repository.root } })
  }
  const conflicts = await conflictsIn(repository)
  if (options.all) await stageAll(repository)
  await refuseMarks(repository, conflicts)
  if (!(await somethingToCommit(repository))) return await madeBefore(repository, scope)
  await repository.write([...(await identityArguments(repository)), 'commit', '--quiet', '--file=-'], {
    stdin: message,
    env: { GIT_REFLOG_ACTION: reflogMark(scope) },
  })
  return { committed: true, hash: await headCommit(repository) }
}

/** Files that a merge left for somebody to resolve. */
export async function conflictsIn(repository: Repository): Promise<string[]> {
  const { files } = await status(repository)
  return files.filter((file) => file.status === 'conflicted').map((file) => file.path)
}

/** Whoever resolved the conflicts may have left one out, and git takes a staged file for a resolved one. */
async function refuseMarks(repository: Repository, conflicts: readonly string[]): Promise<void> {
  if (conflicts.length === 0) return
  const args = ['diff', '--cached', '--check', '--', ...conflicts.map((path) => `:(top,literal)${path}`)]
  const { stdout } = await repository.read(args, { accept: [0, 2] })
  const left = stdout.split('\n').filter((line) => line.endsWith(': leftover conflict marker'))
  if (left.length === 0) return
  const message =
    `The merge in ${repository.root} cannot be committed: both sides still stand between git's marks ` +
    `(${left.map((line) => line.split(': leftover')[0]).join(', ')}). Resolve them first.`
  throw new WorkflowError('GIT_FAILED', message, { details: { cwd: repository.root, conflicts } })
}

/** A merge is finished by a commit even when it changes nothing. */
async function somethingToCommit(repository: Repository): Promise<boolean> {
  const staged = await repository.read(['diff', '--cached', '--quiet', '--no-ext-diff'], { accept: [0, 1] })
  if (staged.exitCode === 1) return true
  const merge = await repository.read(['rev-parse', '--verify', '--quiet', 'MERGE_HEAD'], { accept: [0, 1] })
  return merge.exitCode === 0
}

/** The commit that this step made before its process died counts as made now. */
async function madeBefore(
  repository: Repository,
  scope: GitScope | undefined,
): Promise<{ readonly committed: boolean; readonly hash: string | null }> {
  if (scope === undefined) return { committed: false, hash: null }
  const args = ['log', '--walk-reflogs', '--max-count=1', '--format=%gs', 'HEAD', '--']
  const { stdout } = await repository.read(args, { accept: [0, 128] })
  const own = isMarkOf(scope, stdout.trimEnd())
  return own ? { committed: true, hash: await headCommit(repository) } : { committed: false, hash: null }
}
