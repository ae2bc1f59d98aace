import { randomUUID } from 'node:crypto'
import { copyFile, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { INTERNAL_PATHSPECS } from '../git/internalPaths.ts'
import type { Repository } from '../git/Repository.ts'
import { isAlive } from '../processes/processIdentity.ts'

/** What a task does with the index file; `fresh` when it holds nothing but what git itself has in its index. */
export type IndexTask<T> = (index: { readonly file: string; readonly fresh: boolean }) => Promise<T>

/** What our index was made from; when any of it changes, it is made anew. */
interface Kept {
  readonly source: string
  readonly own: string
}

/**
 * An index file of our own per work tree (`<git dir>/holdfast/index`), so that git's stays untouched. It knows
 * size and time of every file, untracked ones included, and so only files that changed are read again.
 */
export class OwnIndex {
  readonly #kept = new Map<string, Kept>()
  readonly #last = new Map<string, Promise<unknown>>()

  /**
   * Runs `task` on a copy of the index, which becomes the index when it succeeds. One task at a time per work
   * tree. With `fresh` the copy is made from git's index.
   */
  async use<T>(
    repository: Repository,
    task: IndexTask<T>,
    options: { readonly fresh?: boolean } = {},
  ): Promise<T> {
    const before = this.#last.get(repository.gitDir) ?? removeLeftOvers(repository)
    const now = before.then(
      () => this.#run(repository, task, options.fresh ?? false),
      () => this.#run(repository, task, options.fresh ?? false),
    )
    this.#last.set(repository.gitDir, now)
    return await now
  }

  async #run<T>(repository: Repository, task: IndexTask<T>, wantsFresh: boolean): Promise<T> {
    const own = join(folderOf(repository), 'index')
    const file = join(folderOf(repository), `index-${process.pid}-${randomUUID()}`)
    // Not with the folders above: a work tree that git has forgotten must not come back in part.
    await mkdir(folderOf(repository)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
    try {
      const source = await sourceOf(repository)
      const kept = this.#kept.get(repository.gitDir)
      const fresh = wantsFresh || kept?.source !== source || kept.own !== (await stampOf(own))
      await (fresh ? copyOfGits(repository, file) : copy(own, file))
      const result = await task({ file, fresh })
      await rename(file, own)
      this.#kept.set(repository.gitDir, { source, own: await stampOf(own) })
      return result
    } finally {
      await rm(file, { force: true })
      await rm(`${file}.lock`, { force: true })
    }
  }
}

const folderOf = (repository: Repository): string => join(repository.gitDir, 'holdfast')

/** Files of Holdfast that somebody committed are taken out: a snapshot must never turn a live database back. */
async function copyOfGits(repository: Repository, file: string): Promise<void> {
  if (!(await copy(join(repository.gitDir, 'index'), file))) return
  const args = [
    'rm',
    '-r',
    '--quiet',
    '--cached',
    '--sparse',
    '--ignore-unmatch',
    '--',
    ...INTERNAL_PATHSPECS,
  ]
  await repository.write(args, { env: { GIT_INDEX_FILE: file } })
}

/**
 * Git trusts an entry only when the file is older than the index (its documentation calls the others racy), so
 * a copy must not look younger than the original.
 */
async function copy(from: string, to: string): Promise<boolean> {
  const original = await stat(from).catch(() => null)
  if (original === null) return false
  await copyFile(from, to)
  const time = Math.floor(original.mtimeMs) / 1000
  await utimes(to, time, time)
  return true
}

/** Git's index and the ignore rules that no commit carries; other rules are files of the work tree. */
async function sourceOf(repository: Repository): Promise<string> {
  const files = [
    join(repository.gitDir, 'index'),
    join(repository.commonDir, 'info', 'exclude'),
    join(repository.gitDir, 'info', 'sparse-checkout'),
  ]
  return (await Promise.all(files.map(stampOf))).join(' ')
}

async function stampOf(file: string): Promise<string> {
  const found = await stat(file, { bigint: true }).catch(() => null)
  return found === null ? 'none' : `${found.ino}:${found.size}:${found.mtimeNs}`
}

/** What processes that were killed left behind. */
async function removeLeftOvers(repository: Repository): Promise<void> {
  const names = await readdir(folderOf(repository)).catch(() => [])
  for (const name of names) {
    const pid = /^index-(\d+)-/.exec(name)?.[1]
    if (pid === undefined || isAlive({ pid: Number(pid), startTime: null })) continue
    await rm(join(folderOf(repository), name), { force: true })
  }
}
