import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { ProjectPaths } from '../project/paths.ts'

/** Template files of a project, relative to its root, sorted; empty where there is no such folder. */
export async function listTemplates(paths: ProjectPaths): Promise<string[]> {
  const names = await readdir(paths.templates, { withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return []
      throw error
    },
  )
  return (
    names
      // A pipe or device would hold up whoever reads it.
      .filter((entry) => entry.isFile() || entry.isSymbolicLink())
      .map((entry) => entry.name)
      .filter((name) => name.endsWith('.ts') && !/\.(?:d|test|spec)\.ts$/.test(name) && !name.startsWith('.'))
      .map((name) => relative(paths.root, join(paths.templates, name)))
      .toSorted()
  )
}
