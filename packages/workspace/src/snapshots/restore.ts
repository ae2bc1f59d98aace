import { rm } from 'node:fs/promises'
import type { Repository } from '../git/Repository.ts'
import { resolveRevision } from '../git/revisions.ts'
import type { OwnIndex } from './OwnIndex.ts'
import { withFilesInIndex, writeTree } from './treeOfFiles.ts'

/**
 * Makes the files below the repository's prefix equal to a tree: changed ones are written back, new ones are
 * deleted; ignored files, branch and git's index stay. What the tree has in place of an ignored file wins.
 * Doing it twice is the same as once, so it may be repeated after a crash.
 * @throws WorkflowError `GIT_FAILED` when the tree is unknown or a file cannot be written.
 */
export async function restore(repository: Repository, index: OwnIndex, treeId: string): Promise<void> {
  const tree = await resolveRevision(repository, treeId, 'tree')
  await withFilesInIndex(repository, index, async (file) => {
    const target = repository.prefix === '' ? tree : await onlyBelowPrefix(repository, file, tree)
    // Our index equals the files, so only what differs from the tree is touched.
    const args = ['-c', 'submodule.recurse=false', 'read-tree', '--reset', '-u', target]
    await repository.write(args, { env: { GIT_INDEX_FILE: file } })
  })
}

/** A tree with the present files of the repository, and below the prefix those of `tree`. */
async function onlyBelowPrefix(repository: Repository, file: string, tree: string): Promise<string> {
  const present = await writeTree(repository, file)
  const env = { GIT_INDEX_FILE: `${file}.mixed` }
  const folder = repository.prefix.replace(/\/$/, '')
  try {
    await repository.write(['read-tree', present], { env })
    await repository.write(
      ['rm', '-r', '--quiet', '--cached', '--ignore-unmatch', '--', `:(top,literal)${folder}`],
      {
        env,
      },
    )
    const part = await repository.read(['rev-parse', '--verify', '--quiet', `${tree}:${folder}`], {
      accept: [0, 1, 128],
    })
    if (part.exitCode === 0)
      await repository.write(['read-tree', `--prefix=${folder}/`, part.stdout.trim()], { env })
    return await writeTree(repository, env.GIT_INDEX_FILE)
  } finally {
    await rm(env.GIT_INDEX_FILE, { force: true })
  }
}
