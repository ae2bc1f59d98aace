import { execFile } from 'node:child_process'
import { appendFile, mkdir } from 'node:fs/promises'
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import { WorkflowError } from '@holdfast/workflow-sdk'

/**
 * Keeps a store that lies among the files of a project out of what runs commit, keep and bring back: restoring
 * the tree of an interrupted step would put an old state of the database under the open one. Git is told in the
 * repository's own `info/exclude`; a store at `.agent/NAME.db` or `.agent/workflows/executions` is left alone anyway.
 * @throws WorkflowError `CONFIG_INVALID` when git cannot be told.
 */
export async function keepStoreOutOfTree(root: string, url: string): Promise<void> {
  const path = /^(?:sqlite|file):(.*)$/s.exec(url)?.[1] ?? ''
  if (!isAbsolute(path)) return
  const inside = relative(root, path).replaceAll('\\', '/')
  if (inside.startsWith('..') || isAbsolute(inside) || LEFT_ALONE.test(inside)) return
  if (await isIgnored(root, inside)) return
  try {
    const top = await git(root, 'rev-parse', '--show-toplevel')
    const exclude = resolve(root, await git(root, 'rev-parse', '--git-path', 'info/exclude'))
    await mkdir(dirname(exclude), { recursive: true })
    await appendFile(exclude, `\n/${escaped(relative(top, path).replaceAll('\\', '/'))}*\n`)
  } catch (error) {
    throw new WorkflowError(
      'CONFIG_INVALID',
      `The store ${path} lies among the files of the project, and git could not be told to leave it alone. Put it at .agent/NAME.db or .agent/workflows/executions, outside of the project, or on a line of .gitignore.`,
      { details: { path }, cause: error },
    )
  }
}

/** Places that snapshots and commits leave alone by themselves. */
const LEFT_ALONE = /^\.agent\/([^/]+\.db|workflows\/executions)$/

/** Outside of a repository nothing is committed or kept, which is as good. */
async function isIgnored(root: string, path: string): Promise<boolean> {
  try {
    await git(root, 'check-ignore', '--quiet', '--', path)
    return true
  } catch (error) {
    return (error as { code?: unknown }).code !== 1
  }
}

async function git(root: string, ...args: string[]): Promise<string> {
  return (await promisify(execFile)('git', ['-C', root, ...args])).stdout.trim()
}

/** A path as a pattern of gitignore(5). */
function escaped(path: string): string {
  return path.replace(/[\\*?[\]!# ]/g, (character) => `\\${character}`)
}
