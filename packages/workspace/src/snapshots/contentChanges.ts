import type { ContentChange, FileContent } from '@holdfast/workflow-sdk/ports'
import type { Repository } from '../git/Repository.ts'
import { resolveRevision } from '../git/revisions.ts'
import { treeDiff } from '../git/treeDiff.ts'

/**
 * What differs between two trees with the bytes on both sides, for the folder in which the repository was opened:
 * paths are relative to it, and what lies outside of it is left out. A renamed file is one that is gone and a new one.
 */
export async function contentChanges(
  repository: Repository,
  fromTree: string,
  toTree: string,
): Promise<readonly ContentChange[]> {
  const from = await resolveRevision(repository, fromTree, 'tree')
  const to = await resolveRevision(repository, toTree, 'tree')
  const files = await treeDiff(repository, from, to)
  const names = files.flatMap((file) => [file.path, ...(file.renamedFrom === null ? [] : [file.renamedFrom])])
  const changes: ContentChange[] = []
  for (const name of [...new Set(names)].toSorted()) {
    if (!name.startsWith(repository.prefix)) continue
    const [before, after] = [await contentOf(repository, from, name), await contentOf(repository, to, name)]
    changes.push({ path: name.slice(repository.prefix.length), before, after })
  }
  return changes
}

const KINDS: Readonly<Record<string, FileContent['kind']>> = {
  '100644': 'file',
  '100755': 'executable',
  '120000': 'link',
}

/** Null where there is no such file; a submodule has no content of its own. */
async function contentOf(repository: Repository, tree: string, name: string): Promise<FileContent | null> {
  const listed = await repository.read(['ls-tree', '-z', '--full-tree', tree, '--', `:(literal)${name}`])
  const [, mode = '', hash = ''] = /^(\d+) \w+ ([0-9a-f]+)\t/.exec(listed.stdout) ?? []
  const kind = KINDS[mode]
  if (kind === undefined) return null
  const { stdout } = await repository.read(['cat-file', 'blob', hash], { encoding: 'latin1' })
  return { kind, bytes: Buffer.from(stdout, 'latin1') }
}
