import { readdir, readFile, readlink, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { isInside } from '../files/resolveInside.ts'

/** A younger lock is never touched: its owner may just have begun or be about to end. */
const STALE_AFTER_MS = 2000

/** The lock file that git stumbled over, or null when it failed for another reason. */
export function lockOf(stderr: string): string | null {
  const named = /Unable to create '([^']+\.lock)': File exists/.exec(stderr)?.[1]
  if (named !== undefined) return named
  // `git config`, and refs that another git changed between our look and our write.
  return /could not lock config file|cannot lock ref .*(is at|reference already exists)/.test(stderr)
    ? ''
    : null
}

/**
 * Removes a lock file that a killed git left behind. It is one when it is old enough and no living git works
 * in a folder of that repository; where the system cannot tell (no `/proc`), it stays.
 */
export async function removeStaleLock(lock: string): Promise<boolean> {
  if (lock === '' || process.platform !== 'linux') return false
  const age = await stat(lock).then(
    (found) => Date.now() - found.mtimeMs,
    () => null,
  )
  if (age === null || age < STALE_AFTER_MS || (await isInUse(lock))) return false
  await rm(lock, { force: true })
  return true
}

/** Helpers that stay around and only read, or never touch a repository. */
const HARMLESS = /fsmonitor--daemon|credential-cache--daemon|cat-file/

async function isInUse(lock: string): Promise<boolean> {
  const folders = await workTreesOf(lock)
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const uses = await Promise.all(
    pids.map(async (pid) => (await worksIn(pid, folders)) || (await holdsOpen(pid, lock))),
  )
  return uses.includes(true)
}

async function worksIn(pid: string, folders: readonly string[]): Promise<boolean> {
  const program = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')
  if (
    !program.startsWith('git') ||
    HARMLESS.test(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''))
  ) {
    return false
  }
  // Another user's git does not show where it works: it counts as one that works here.
  const cwd = await readlink(`/proc/${pid}/cwd`).catch((error: NodeJS.ErrnoException) => error.code ?? '')
  return cwd === 'EACCES' || folders.some((folder) => isInside(folder, cwd) || isInside(cwd, folder))
}

async function holdsOpen(pid: string, file: string): Promise<boolean> {
  const fds = await readdir(`/proc/${pid}/fd`).catch(() => [])
  const targets = await Promise.all(fds.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')))
  return targets.includes(file)
}

/** The folder around `.git`, or the bare repository, and every linked worktree (gitrepository-layout(5)). */
async function workTreesOf(lock: string): Promise<string[]> {
  const end = lock.lastIndexOf('/.git/')
  if (end < 0) return [dirname(lock)]
  const main = lock.slice(0, end) || '/'
  const entries = join(main, '.git', 'worktrees')
  const names = await readdir(entries).catch(() => [])
  const linked = await Promise.all(names.map((name) => workTreeOfEntry(join(entries, name))))
  return [main, ...linked.filter((path) => path !== null)]
}

/** The entry names the `.git` file of its worktree, relative to itself in newer versions of git. */
async function workTreeOfEntry(entry: string): Promise<string | null> {
  const link = await readFile(join(entry, 'gitdir'), 'utf8').catch(() => null)
  return link === null ? null : dirname(resolve(entry, link.trim()))
}
