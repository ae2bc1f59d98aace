import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { ALL_BUT_INTERNAL } from '../git/internalPaths.ts'
import type { Repository } from '../git/Repository.ts'
import type { OwnIndex } from './OwnIndex.ts'

/** The files of a work tree at one moment. */
export interface FilesTree {
  /** Git tree of all tracked and untracked, not ignored files of the whole repository. */
  readonly treeId: string
  /** What it does not hold exactly. */
  readonly notes: readonly string[]
}

/** Writes the files as they are into git's object store, touching neither branch, index nor stash. */
export async function treeOfFiles(repository: Repository, index: OwnIndex): Promise<FilesTree> {
  return await withFilesInIndex(repository, index, async (file, notes) => ({
    treeId: await writeTree(repository, file),
    notes,
  }))
}

/** Runs `task` with an index file that equals the files of the work tree. */
export async function withFilesInIndex<T>(
  repository: Repository,
  index: OwnIndex,
  task: (file: string, notes: readonly string[]) => Promise<T>,
): Promise<T> {
  const attempt = async (fresh: boolean): Promise<{ readonly value: T } | null> =>
    await index.use(
      repository,
      async (own) => {
        const added = await addAll(repository, own.file)
        if (added.rulesChanged && !own.fresh) return null
        return await orOutdated(own.fresh, () => task(own.file, added.notes))
      },
      { fresh },
    )
  const done = (await attempt(false)) ?? (await attempt(true))
  if (done === null) throw new Error('unreachable: a fresh index is never outdated')
  return done.value
}

/**
 * Null when the failure may come from what our index remembers: after months without a snapshot git may have
 * thrown away the content of a file that it believes to be stored. An index made anew from git's has no such past.
 */
async function orOutdated<T>(fresh: boolean, task: () => Promise<T>): Promise<{ readonly value: T } | null> {
  try {
    return { value: await task() }
  } catch (error) {
    if (fresh || !WorkflowError.has(error, 'GIT_FAILED')) throw error
    return null
  }
}

/** Hash of the tree that an index file describes. */
export async function writeTree(repository: Repository, file: string): Promise<string> {
  return (await repository.write(['write-tree'], { env: { GIT_INDEX_FILE: file } })).stdout.trim()
}

async function addAll(repository: Repository, file: string) {
  const quiet = [
    '-c',
    'core.safecrlf=false',
    '-c',
    'core.splitIndex=false',
    '-c',
    'advice.addEmbeddedRepo=false',
  ]
  const args = ['add', '--all', '--sparse', '--ignore-errors', '--verbose', '--', ...ALL_BUT_INTERNAL]
  const answer = await repository.write([...quiet, ...args], {
    env: { GIT_INDEX_FILE: file },
    accept: [0, 1],
  })
  return {
    // Files that are in our index but ignored by new rules have to leave it.
    rulesChanged: /^(add|remove) '(.*\/)?\.gitignore'$/m.test(answer.stdout),
    notes: [...problems(answer.exitCode, answer.stderr), ...submodules(repository)],
  }
}

function problems(exitCode: number, stderr: string): string[] {
  const embedded = [...stderr.matchAll(/^warning: adding embedded git repository: (.*)$/gm)].map(
    ([, path]) => `Of the repository inside, ${path}, only the commit is kept.`,
  )
  const failed = exitCode === 0 ? [] : [`Some files could not be kept: ${stderr.trim().slice(0, 1000)}`]
  return [...embedded, ...failed]
}

function submodules(repository: Repository): string[] {
  if (!existsSync(join(repository.root, '.gitmodules'))) return []
  return ['Of submodules only the commits are kept, not the changes inside them.']
}
