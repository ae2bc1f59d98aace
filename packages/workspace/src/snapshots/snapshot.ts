import { createHash } from 'node:crypto'
import type { TreeSnapshot } from '@holdfast/workflow-sdk/ports'
import { headCommit, type Repository } from '../git/Repository.ts'
import type { OwnIndex } from './OwnIndex.ts'
import { treeOfFiles } from './treeOfFiles.ts'

/** What a snapshot is kept for. */
export interface SnapshotName {
  readonly runId: string
  readonly stepId: string
  readonly when: 'before' | 'after'
}

/**
 * Keeps the files as a commit under `refs/holdfast/<runId>/<stepId>-<when>` (W4). Its parent is HEAD, so that the
 * commit says what was not committed, and keeps the history it lies on. Where neither files nor HEAD changed since
 * `last`, that is answered and nothing is made.
 */
export async function snapshot(
  repository: Repository,
  index: OwnIndex,
  name: SnapshotName,
  last: TreeSnapshot | null = null,
): Promise<TreeSnapshot> {
  const [head, { treeId, notes }] = await Promise.all([
    headCommit(repository),
    treeOfFiles(repository, index),
  ])
  if (last !== null && last.treeId === treeId && last.head === head) return last
  const message = `Files ${name.when} step ${name.stepId} of run ${name.runId}`
  const parents = head === null ? [] : ['-p', head]
  const made = await repository.write(['commit-tree', ...parents, '-m', message, treeId], { env: IDENTITY })
  const commit = made.stdout.trim()
  const ref = snapshotRef(name.runId, `${name.stepId}-${name.when}`)
  await repository.write(['update-ref', ref, commit])
  return { treeId, commit, ref, head, ...(notes.length === 0 ? {} : { notes }) }
}

/** The hidden ref of a run under which a tree of it is kept. */
export function snapshotRef(runId: string, name: string): string {
  return `${SNAPSHOT_REFS}${refPart(runId)}/${refPart(name)}`
}

/** Where all kept trees lie, as a prefix of refs. */
export const SNAPSHOT_REFS = 'refs/holdfast/'

/** No person made these commits, and nobody has to configure a name for them. */
const IDENTITY = {
  GIT_AUTHOR_NAME: 'Holdfast',
  GIT_AUTHOR_EMAIL: 'holdfast@localhost',
  GIT_COMMITTER_NAME: 'Holdfast',
  GIT_COMMITTER_EMAIL: 'holdfast@localhost',
}

/** A text as one part of a ref's name (rules: git-check-ref-format(1)); a hash keeps changed ones apart. */
function refPart(text: string): string {
  const safe = text.replaceAll(/[^A-Za-z0-9._-]|\.(?=\.)|^[.-]|\.$|\.(?=lock$)/g, '_')
  if (safe === text) return text
  return `${safe.slice(0, 100)}-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`
}
