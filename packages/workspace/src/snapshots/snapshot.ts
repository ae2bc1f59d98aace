import { createHash } from 'node:crypto'
import type { TreeSnapshot } from '@holdfast/workflow-sdk/ports'
import type { Repository } from '../git/Repository.ts'
import type { OwnIndex } from './OwnIndex.ts'
import { treeOfFiles } from './treeOfFiles.ts'

/** What a snapshot is kept for. */
export interface SnapshotName {
  readonly runId: string
  readonly stepId: string
  readonly when: 'before' | 'after'
}

/** Keeps the files as a commit without parents under `refs/holdfast/<runId>/<stepId>-<when>` (W4). */
export async function snapshot(
  repository: Repository,
  index: OwnIndex,
  name: SnapshotName,
): Promise<TreeSnapshot> {
  const { treeId, notes } = await treeOfFiles(repository, index)
  const message = `Files ${name.when} step ${name.stepId} of run ${name.runId}`
  const made = await repository.write(['commit-tree', '-m', message, treeId], { env: IDENTITY })
  const commit = made.stdout.trim()
  const ref = `refs/holdfast/${refPart(name.runId)}/${refPart(`${name.stepId}-${name.when}`)}`
  await repository.write(['update-ref', ref, commit])
  return { treeId, commit, ref, ...(notes.length === 0 ? {} : { notes }) }
}

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
