import { treeOfFiles } from './treeOfFiles.ts'
import type { OwnIndex } from './OwnIndex.ts'
import { headCommit, type Repository } from '../git/Repository.ts'
import { emptyTree, resolveRevision } from '../git/revisions.ts'
import { sumLines, treeDiff, treePatch } from '../git/treeDiff.ts'

/**
 * The difference from `from` (default HEAD; nothing at all before the first commit) to `to` (default the files
 * as they are, untracked ones included). See `GitPort.diff`.
 */
export async function diff(
  repository: Repository,
  index: OwnIndex,
  range: { readonly from?: string; readonly to?: string },
): Promise<{
  readonly patch: string
  readonly added: number
  readonly removed: number
  readonly files: number
}> {
  const from = await start(repository, range.from)
  const to =
    range.to === undefined
      ? (await treeOfFiles(repository, index)).treeId
      : await resolveRevision(repository, range.to, 'tree')
  const [files, patch] = await Promise.all([treeDiff(repository, from, to), treePatch(repository, from, to)])
  return { patch, ...sumLines(files), files: files.length }
}

async function start(repository: Repository, from: string | undefined): Promise<string> {
  if (from !== undefined) return await resolveRevision(repository, from, 'tree')
  return (await headCommit(repository)) ?? (await emptyTree(repository))
}
