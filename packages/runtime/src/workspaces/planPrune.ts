import { basename } from 'node:path'
import { listWorkspaces, type CareParts, type ListedWorkspace, type WorkspaceList } from './listWorkspaces.ts'

/** What may be pruned. */
export interface PruneOptions {
  /** Milliseconds since 1970. */
  readonly now: number
  /** Workspaces that are younger stay. */
  readonly olderThanMs: number
  /** Kept trees of runs that ended later stay. */
  readonly keepTreesMs: number
  /** Also what holds work that is nowhere else: it is kept under a hidden ref before. */
  readonly force: boolean
}

/** One thing that is removed, or stays although it is over. */
export interface PruneItem {
  /** `row`: only the table still has it. */
  readonly what: 'workspace' | 'row' | 'branch' | 'trees'
  readonly name: string
  readonly reason: string
  readonly size_bytes: number | null
  /** What would be lost with it; null: nothing. */
  readonly loses: string | null
  readonly workspace: ListedWorkspace | null
}

/** What a prune would do. */
export interface PrunePlan {
  readonly remove: readonly PruneItem[]
  readonly keep: readonly PruneItem[]
  readonly list: WorkspaceList
}

/** A folder without a row that is younger may be one that a worker is just making. */
const UNKNOWN_AFTER_MS = 3_600_000

/** Works out what a prune removes, and what it leaves because work would be lost; changes nothing. */
export async function planPrune(parts: CareParts, options: PruneOptions): Promise<PrunePlan> {
  return planOf(await listWorkspaces(parts), options)
}

/** The same from what was listed. */
function planOf(list: WorkspaceList, options: PruneOptions): PrunePlan {
  const isOld = (iso: string | null, ms: number): boolean =>
    iso !== null && options.now - Date.parse(iso) >= ms
  const over = list.workspaces.filter(
    ({ state, created_at: at }) =>
      (state === 'kept' && isOld(at, options.olderThanMs)) ||
      (state === 'lost' && isOld(at, options.olderThanMs)) ||
      (state === 'orphan' && isOld(at, Math.max(options.olderThanMs, UNKNOWN_AFTER_MS))),
  )
  const items: PruneItem[] = [
    ...over.map(ofWorkspace),
    ...list.branches.map(({ name, onlyHere }) => ({
      what: 'branch' as const,
      name,
      reason: 'its workspace is gone',
      size_bytes: null,
      loses: onlyHere === 0 ? null : `${onlyHere} commits that no other branch has`,
      workspace: null,
    })),
    ...list.trees
      .filter((trees) => isOld(trees.ended_at, options.keepTreesMs))
      .map(({ run_id: name, refs, ended_at: at }) => ({
        what: 'trees' as const,
        name,
        reason: `${refs} kept trees of a run that ended ${at}`,
        size_bytes: null,
        loses: null,
        workspace: null,
      })),
  ]
  // A branch is what a run came for: it is never removed while it has something of its own.
  const goes = ({ loses, workspace }: PruneItem): boolean =>
    loses === null || (options.force && workspace?.made === 'whole')
  return { remove: items.filter(goes), keep: items.filter((item) => !goes(item)), list }
}

function ofWorkspace(workspace: ListedWorkspace): PruneItem {
  const {
    id,
    path,
    reason,
    state,
    size_bytes,
    uncommitted_files: files,
    unpushed_commits: commits,
  } = workspace
  const known = [
    ...(files === 0 ? [] : [`${files} uncommitted files`]),
    ...(commits === 0 ? [] : [`${commits} commits that are nowhere else`]),
  ].join(' and ')
  // Of a folder that git does not know it cannot be told what is in no commit.
  const unknown = state === 'lost' && size_bytes !== null ? 'files that git does not know' : null
  return {
    what: state === 'lost' && size_bytes === null ? 'row' : 'workspace',
    name: id ?? basename(path),
    reason,
    size_bytes,
    loses: known === '' ? unknown : known,
    workspace,
  }
}
