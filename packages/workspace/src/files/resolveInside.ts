import { lstat, readlink, realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { fileError } from './fileError.ts'

/** As many links in a row as Linux follows. */
const MAX_LINKS = 40

/**
 * The absolute path of `path` below `root`, all symbolic links followed, whether or not something is there.
 * An absolute path is fine when it lies in the root. With `link: 'keep'` the last part is not followed.
 * @throws WorkflowError `PATH_OUTSIDE_WORKSPACE`, `FILE_OPERATION_FAILED` (links in a circle, no permission).
 */
export async function resolveInside(
  root: string,
  path: string,
  options: { readonly link?: 'follow' | 'keep' } = {},
): Promise<string> {
  checkText(root, path)
  const realRoot = await rootOf(root)
  const wanted = resolve(realRoot, path)
  const keep = options.link === 'keep' && wanted !== realRoot
  const real = keep ? join(await follow(dirname(wanted), path), basename(wanted)) : await follow(wanted, path)
  if (!isInside(realRoot, real)) throw outside(root, path)
  return real
}

/** Whether `path` is `root` or lies below it; both are absolute and real. */
export function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep)
}

/** The error for a path that leaves the workspace. */
export function outside(root: string, path: string): WorkflowError {
  const message = `The path ${JSON.stringify(path)} leaves the workspace ${root}. Give a path below it.`
  return new WorkflowError('PATH_OUTSIDE_WORKSPACE', message, { details: { path, workspace: root } })
}

/** A path that would leave the workspace on a system with other separators is refused on every system. */
function checkText(root: string, path: string): void {
  const isWindowsAbsolute = /^[A-Za-z]:[\\/]|^\\/.test(path)
  let depth = 0
  for (const part of path.split('\\')) {
    depth += part === '..' ? -1 : 1
    if (depth < 0) throw outside(root, path)
  }
  if (path.includes('\0') || isWindowsAbsolute) throw outside(root, path)
}

async function rootOf(root: string): Promise<string> {
  try {
    return await realpath(root)
  } catch (error) {
    throw fileError('find the workspace', root, error)
  }
}

/** Like realpath(3), but parts that do not exist are taken as they stand, so new files can be placed. */
async function follow(path: string, shown: string): Promise<string> {
  const parts = path.split(sep).filter((part) => part !== '' && part !== '.')
  let real: string = sep
  let links = 0
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    if (part === '..') {
      real = dirname(real)
      continue
    }
    const next = join(real, part)
    const target = await linkTarget(next, shown)
    if (target === null) {
      real = next
      continue
    }
    links += 1
    if (links > MAX_LINKS) throw fileError('follow the links of', shown, { code: 'ELOOP' })
    if (isAbsolute(target)) real = sep
    parts.unshift(...target.split(sep).filter((piece) => piece !== '' && piece !== '.'))
  }
  return real
}

async function linkTarget(path: string, shown: string): Promise<string | null> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : null
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // ENOTDIR: a file where a folder would have to be; the operation itself says so.
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw fileError('look at', shown, error)
  }
}
