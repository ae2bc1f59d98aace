import { existsSync, lstatSync, readlinkSync, realpathSync } from 'node:fs'
import { join, resolve, dirname, sep } from 'node:path'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { ProjectPaths } from './paths.ts'

/**
 * Refuses a project whose places for files of Holdfast are links out of it: a repository that somebody cloned must
 * not choose where logs and checkouts are written and from where code is loaded. Links that stay in the project are
 * fine, and so are those of workflow files, which are only read. A database may lie elsewhere, if it is there.
 * @throws WorkflowError `PATH_OUTSIDE_PROJECT`.
 */
export function checkOwnPlaces(paths: ProjectPaths): void {
  const agent = join(paths.root, '.agent')
  const folders = [
    [agent, 'everything of Holdfast lies below it'],
    [join(agent, 'workflows'), 'runs, their files and the cache lie below it'],
    [paths.executions, 'logs and artifacts of runs are written there'],
    [paths.cache, 'workflows are loaded from there'],
    [join(agent, 'workflows', 'worktrees'), 'workspaces of runs are made there'],
  ] as const
  for (const [folder, why] of folders) refuseOutside(paths.root, folder, why)
  checkDatabase(paths)
}

/** @throws WorkflowError `PATH_OUTSIDE_PROJECT` when something at `path` is a link out of `root`, or to nothing. */
export function refuseOutside(root: string, path: string, why: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return
  if (!existsSync(path)) throw outside(path, `${target(path)}, which does not exist`, why)
  const real = realpathSync(path)
  if (!isInside(realpathSync(root), real)) throw outside(path, `${real}, out of the project`, why)
}

/** Whether `path` is `root` or lies below it; both are absolute and real. */
export function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(root + sep)
}

/** The error for a link that Holdfast does not follow. */
export function outside(path: string, leadsTo: string, why: string): WorkflowError {
  return new WorkflowError(
    'PATH_OUTSIDE_PROJECT',
    `${path} is a link to ${leadsTo}; ${why}. Look at how it came there, then remove it: rm ${path}`,
    { details: { path } },
  )
}

/** SQLite would make a new file wherever the link leads. */
function checkDatabase({ database }: ProjectPaths): void {
  const found = lstatSync(database, { throwIfNoEntry: false })
  if (found?.isSymbolicLink() !== true || existsSync(database)) return
  throw new WorkflowError(
    'PATH_OUTSIDE_PROJECT',
    `${database} is a link to ${target(database)}, which does not exist, and nothing is made there. Remove the link, ` +
      `or make an empty file there first: touch ${target(database)}. ` +
      'To keep runs elsewhere, HOLDFAST_STORE=sqlite:PATH serves too.',
    { details: { path: database } },
  )
}

function target(path: string): string {
  return resolve(dirname(path), readlinkSync(path))
}
