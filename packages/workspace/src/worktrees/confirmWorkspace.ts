import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import type { MadeWorkspace } from '@holdfast/workflow-sdk/ports'
import { lostWorkspace } from './lostWorkspace.ts'
import { WORKTREES_FOLDER } from './prepareWorktree.ts'

/**
 * Whether a workspace is still the one that it was, by looking at files alone, so that it can be asked before and
 * after every step.
 * @throws WorkflowError `WORKSPACE_LOST` saying what is lost and how it comes back.
 */
export function confirmWorkspace(workspace: MadeWorkspace): void {
  const why = whatIsWrong(workspace.path)
  if (why !== null) throw lostWorkspace(workspace, why)
}

function whatIsWrong(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return 'the folder does not exist'
  if (!found.isDirectory()) return 'it is no folder any more'
  const top = topOf(path)
  if (top === null) return 'it is no longer part of a git repository'
  // Git would go on in the project around the worktree.
  if (relative(top, path).includes(WORKTREES_FOLDER)) return 'it is no longer a work tree of its own'
  return existsSync(join(gitFolder(top), 'HEAD')) ? null : 'git no longer knows it'
}

/** The folder from `path` upwards that has a `.git`. */
function topOf(path: string): string | null {
  for (let folder = path; ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder
    if (dirname(folder) === folder) return null
  }
}

/** In a linked worktree `.git` is a file that names the folder (gitrepository-layout(5)). */
function gitFolder(top: string): string {
  const path = join(top, '.git')
  try {
    if (statSync(path).isDirectory()) return path
    return resolve(top, /^gitdir: (.*)$/m.exec(readFileSync(path, 'utf8'))?.[1] ?? '')
  } catch {
    return path
  }
}
