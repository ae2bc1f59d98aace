import { existsSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { WorkflowError } from '@holdfast/workflow-sdk'

const MARKS = [join('.agent', 'workflows'), 'holdfast.config.ts', join('.agent', 'holdfast.db')]

/**
 * The root of the project that `path` lies in: the nearest folder with `.agent/workflows` or
 * `holdfast.config.ts`, else the git repository around it, else `path` itself. Never looks above the
 * repository. Symbolic links are resolved, so that one project has one path.
 * @throws WorkflowError `CONFIG_INVALID` when `path` is no folder.
 */
export function findProjectRoot(path: string): string {
  const start = realFolder(resolve(path))
  let folder = start
  for (;;) {
    if (MARKS.some((mark) => existsSync(join(folder, mark)))) return folder
    if (existsSync(join(folder, '.git'))) return folder
    const parent = dirname(folder)
    if (parent === folder) return start
    folder = parent
  }
}

function realFolder(path: string): string {
  const isThere = existsSync(path)
  if (!isThere || !statSync(path).isDirectory()) {
    throw new WorkflowError(
      'CONFIG_INVALID',
      `The project folder ${path} ${isThere ? 'is no folder' : 'does not exist'}. Give the path of a folder with --project, or change into one.`,
      { details: { path } },
    )
  }
  return realpathSync(path)
}
