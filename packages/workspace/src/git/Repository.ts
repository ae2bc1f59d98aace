import { runGit, type GitAnswer, type GitCommand, type GitSettings } from './runGit.ts'
import { notARepository } from './gitError.ts'

/** Where the parts of a repository lie, seen from one folder of its work tree. All paths are absolute and real. */
export interface RepositoryPlaces {
  /** Top of the work tree. */
  readonly root: string
  /** Index and HEAD of this work tree. */
  readonly gitDir: string
  /** Objects and refs, shared by all its worktrees. */
  readonly commonDir: string
  /** The folder relative to the root, with a `/` at its end; empty for the root itself. */
  readonly prefix: string
}

/** A git repository as the calls of this room use it: places, and git run at its root. */
export interface Repository extends RepositoryPlaces {
  /** Changes something; runs at the root. */
  write(args: readonly string[], options?: Partial<GitCommand>): Promise<GitAnswer>
  /** Only looks; runs at the root without optional locks. */
  read(args: readonly string[], options?: Partial<GitCommand>): Promise<GitAnswer>
}

/**
 * Finds the repository that holds `path`.
 * @throws WorkflowError `NOT_A_GIT_REPOSITORY`, `GIT_FAILED` (e.g. git refuses another user's repository).
 */
export async function openRepository(
  settings: GitSettings,
  path: string,
  scope?: GitCommand['scope'],
): Promise<Repository> {
  const args = [
    'rev-parse',
    '--path-format=absolute',
    '--show-toplevel',
    '--git-dir',
    '--git-common-dir',
    '--show-prefix',
  ]
  const { stdout } = await runGit(settings, { cwd: path, args, reads: true, scope })
  const [root, gitDir, commonDir, prefix] = stdout.split('\n')
  if (root === undefined || gitDir === undefined || commonDir === undefined) throw notARepository(path)
  return {
    root,
    gitDir,
    commonDir,
    prefix: prefix ?? '',
    write: (command, options) => runGit(settings, { cwd: root, args: command, scope, ...options }),
    read: (command, options) =>
      runGit(settings, { cwd: root, args: command, scope, reads: true, ...options }),
  }
}

/** Hash of the commit that HEAD names, null while there is none. */
export async function headCommit(repository: Repository): Promise<string | null> {
  const answer = await repository.read(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], {
    accept: [0, 1],
  })
  return answer.exitCode === 0 ? answer.stdout.trim() : null
}

/** Name of the branch that HEAD is on, also before its first commit; null when HEAD is detached. */
export async function headBranch(repository: Repository): Promise<string | null> {
  const answer = await repository.read(['symbolic-ref', '--quiet', '--short', 'HEAD'], { accept: [0, 1] })
  return answer.exitCode === 0 ? answer.stdout.trim() : null
}
