import { readdir, realpath, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { isInternalPath } from '../git/internalPaths.ts'
import { runGit, type GitSettings } from '../git/runGit.ts'
import { fileError } from './fileError.ts'
import { resolveInside } from './resolveInside.ts'

/**
 * Paths of the files below `path`, relative to the workspace, with `/`, sorted by code unit. In a repository
 * without what git ignores, elsewhere all but `.git`; never the files of Holdfast itself. A file answers itself.
 * @throws WorkflowError `FILE_NOT_FOUND`, `PATH_OUTSIDE_WORKSPACE`.
 */
export async function listFiles(
  settings: GitSettings,
  workspacePath: string,
  path: string,
): Promise<string[]> {
  const real = await resolveInside(workspacePath, path)
  const found = await stat(real).catch((error: unknown) => {
    throw fileError('list', path, error)
  })
  const below = relative(await realpath(workspacePath), real)
    .split(sep)
    .join('/')
  if (!found.isDirectory()) return [below]
  const names = (await listWithGit(settings, real)) ?? (await walk(real, ''))
  const paths = names.map((name) => (below === '' ? name : `${below}/${name}`))
  return [...new Set(paths)].filter((name) => !isInternalPath(name)).toSorted()
}

/** Null outside a repository. Folders that are repositories of their own are no files and left out. */
async function listWithGit(settings: GitSettings, folder: string): Promise<string[] | null> {
  const ask = async (...args: string[]): Promise<string[]> => {
    const answer = await runGit(settings, { cwd: folder, args: ['ls-files', '-z', ...args], reads: true })
    return answer.stdout.split('\0').filter((entry) => entry !== '')
  }
  try {
    const [tracked, others, deleted] = await Promise.all([
      ask('--cached', '--stage'),
      ask('--others', '--exclude-standard'),
      ask('--deleted'),
    ])
    const gone = new Set(deleted)
    const kept = tracked
      .filter((entry) => !entry.startsWith('160000 '))
      .map((entry) => entry.slice(entry.indexOf('\t') + 1))
    return [...kept.filter((name) => !gone.has(name)), ...others.filter((name) => !name.endsWith('/'))]
  } catch (error) {
    if (WorkflowError.has(error, 'NOT_A_GIT_REPOSITORY', 'COMMAND_NOT_FOUND')) return null
    throw error
  }
}

async function walk(folder: string, prefix: string): Promise<string[]> {
  const entries = await readdir(join(folder, prefix), { withFileTypes: true }).catch((error: unknown) => {
    throw fileError('list', join(folder, prefix), error)
  })
  const names: string[] = []
  for (const entry of entries) {
    const name = prefix === '' ? entry.name : `${prefix}/${entry.name}`
    if (!entry.isDirectory()) names.push(name)
    else if (entry.name !== '.git') names.push(...(await walk(folder, name)))
  }
  return names
}
