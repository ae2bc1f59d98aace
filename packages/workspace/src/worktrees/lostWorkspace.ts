import { existsSync } from 'node:fs'
import { sep } from 'node:path'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { MadeWorkspace } from '@holdfast/workflow-sdk/ports'
import { WORKTREES_FOLDER } from './prepareWorktree.ts'

/** The error for a workspace that is gone: what it was, why it counts as lost, what is lost, what can be done. */
export function lostWorkspace(workspace: MadeWorkspace, why: string): WorkflowError {
  const { path, kind } = workspace
  const message = `The workspace ${path} (${kind}) is lost: ${why}. ${remedy(workspace)}`
  return new WorkflowError('WORKSPACE_LOST', message, { details: { path, kind, reason: why } })
}

function remedy(workspace: MadeWorkspace): string {
  switch (workspace.kind) {
    case 'project':
      return 'Bring the project back to this place, from where it was moved or from a backup, or start a new run.'
    case 'temporary':
      return 'What was not pushed from it is gone. Start a new run, or bring the folder back from a backup.'
    case 'worktree':
      return worktreeRemedy(workspace)
  }
}

/** `git worktree repair` gives a folder its `.git` back, with the branch and index that git still has of it. */
function worktreeRemedy({ path, branch, kept }: MadeWorkspace): string {
  const { project, root } = placesOf(path)
  const repair = `git -C ${quoted(project)} worktree repair`
  if (existsSync(root))
    return `Its files are still there. Start a new run, or make git know it again with: ${repair}`
  const left = [
    ...(branch === null ? [] : [`its commits (on branch ${branch} unless the run made another)`]),
    ...(kept === null ? [] : [`its files as they were ${kept.when} step "${kept.step}"`]),
  ]
  const still =
    left.length === 0 ? 'Its files are gone' : `Git still has ${left.join(' and ')}; the rest is gone`
  const restore = `git -C ${quoted(root)} restore --source=${kept?.ref ?? 'HEAD'} -- :/`
  return `${still}. Start a new run, or bring it back with: mkdir -p ${quoted(root)} && ${repair} && ${restore}`
}

/** The project and the top of the worktree, from any folder in it. */
function placesOf(path: string): { readonly project: string; readonly root: string } {
  const below = path.indexOf(`${sep}${WORKTREES_FOLDER}${sep}`)
  const end = path.indexOf(sep, below + WORKTREES_FOLDER.length + 2)
  return { project: path.slice(0, below), root: end < 0 ? path : path.slice(0, end) }
}

/** A path as one word of a shell. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`
}
