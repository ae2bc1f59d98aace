import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PreparedWorkspace, PrepareWorkspace } from '@holdfast/workflow-sdk/ports'
import { branchExists, currentCommit } from '../git/branches.ts'
import { resolveInside } from '../files/resolveInside.ts'
import { openRepository, type Repository } from '../git/Repository.ts'
import type { GitSettings } from '../git/runGit.ts'
import { status } from '../git/status.ts'
import { placeFacts } from '../snapshots/facts.ts'
import { inTurn } from './inTurn.ts'
import { excludeFromGit } from './excludeFromGit.ts'
import { ownBranch } from './ownBranch.ts'
import { nameFiles } from './refuseDirty.ts'
import { removeWorktree } from './removeWorktree.ts'

/** Where worktrees lie, relative to the project. */
export const WORKTREES_FOLDER = '.agent/workflows/worktrees'

/** What is written into the worktree's own git folder once it is complete. */
export interface ReadyMark {
  readonly initialCommit: string
  readonly branch: string
}

/** A linked worktree with a branch of its own from HEAD; one that is half made is made anew. */
export async function prepareWorktree(
  settings: GitSettings,
  project: Repository,
  request: PrepareWorkspace,
): Promise<PreparedWorkspace> {
  const root = join(request.projectPath, WORKTREES_FOLDER, request.workspaceId)
  const mark = await inTurn(project.commonDir, async () => (await readMark(settings, root)) ?? (await make()))
  const worktree = await openRepository(settings, root)
  const git = await placeFacts(worktree)
  return {
    workspaceId: request.workspaceId,
    kind: 'worktree',
    path: join(root, project.prefix),
    branch: git.branch,
    git: { ...git, initialCommit: mark.initialCommit },
    notes: await notesOn(project, root, request.from !== undefined),
  }

  async function make(): Promise<ReadyMark> {
    const { from } = request
    const initialCommit = from === undefined ? await currentCommit(project) : (from.head ?? from.commit)
    const branch = await ownBranch(project, request.workspaceId)
    await removeWorktree(project, root)
    // Never used without a mark, so there is nothing on it but the commit it began with.
    if (await branchExists(project, branch)) await project.write(['branch', '-D', '--quiet', branch])
    await excludeFromGit(project, `${project.prefix}${WORKTREES_FOLDER}/`)
    // A link out of the project would make the checkout elsewhere.
    await mkdir(await resolveInside(request.projectPath, WORKTREES_FOLDER), { recursive: true })
    await project.write(['worktree', 'add', '--quiet', '--no-track', '-b', branch, '--', root, initialCommit])
    const made = { initialCommit, branch }
    const worktree = await openRepository(settings, root)
    if (from !== undefined) await checkOut(worktree, from.commit)
    await writeFile(markFile(worktree.gitDir), JSON.stringify(made))
    return made
  }
}

/** Makes the files equal to those of a kept commit; what was not committed then is not committed now either. */
async function checkOut(worktree: Repository, commit: string): Promise<void> {
  await worktree.write(['-c', 'submodule.recurse=false', 'read-tree', '-m', '-u', 'HEAD', commit])
  await worktree.write(['read-tree', 'HEAD'])
  await worktree.write(['update-index', '-q', '--refresh'], { accept: [0, 1] })
}

/** What a complete worktree at this path was made with; null when there is none, or only half of one. */
export async function readMark(settings: GitSettings, root: string): Promise<ReadyMark | null> {
  if (!existsSync(join(root, '.git'))) return null
  try {
    const { gitDir } = await openRepository(settings, root)
    return JSON.parse(await readFile(markFile(gitDir), 'utf8')) as ReadyMark
  } catch {
    // Unreadable means half made, whatever the reason: a mark is the last thing that is written.
    return null
  }
}

const markFile = (gitDir: string): string => join(gitDir, 'holdfast-ready.json')

async function notesOn(project: Repository, root: string, isFork: boolean): Promise<string[]> {
  const { files } = await status(project)
  const notes =
    files.length === 0 || isFork
      ? []
      : [`The worktree starts from HEAD and leaves out uncommitted changes in ${nameFiles(files)}.`]
  if (existsSync(join(root, '.gitmodules'))) notes.push('Submodules are not checked out in the worktree.')
  return notes
}
