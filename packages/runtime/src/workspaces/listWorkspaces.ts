import { resolve } from 'node:path'
import type { IWorkflowStore, WorkspaceRow } from '@holdfast/store/contract'
import { isTerminal, WORKFLOW_STATUSES } from '@holdfast/workflow-sdk'
import type { FoundWorkspace, LeftBranch, ProjectInfo, WorkspacePort } from '@holdfast/workflow-sdk/ports'

/** What the care of workspaces works on. */
export interface CareParts {
  readonly store: IWorkflowStore
  readonly project: ProjectInfo
  readonly workspace: Pick<WorkspacePort, 'care' | 'clean'>
  /** Places that this machine reaches: its host, and its group of hosts. */
  readonly places: readonly string[]
}

/**
 * How a workspace stands: `active`: a run that is not over works in it; `busy`: a process does; `kept`: its runs are
 * over; `lost`: its folder is gone or unusable although nobody cleaned it; `cleaned`; `orphan`: no row names it;
 * `elsewhere`: it lies on another host.
 */
export type WorkspaceState = 'active' | 'busy' | 'kept' | 'lost' | 'cleaned' | 'orphan' | 'elsewhere'

/** A workspace, as the table and this machine together say. */
export interface ListedWorkspace {
  readonly id: string | null
  readonly kind: 'project' | 'worktree' | 'temporary'
  readonly path: string
  readonly branch: string | null
  readonly state: WorkspaceState
  /** Whether its folder is a whole work tree; null where nobody looked. */
  readonly made: FoundWorkspace['made'] | null
  /** Why it stands so, in words. */
  readonly reason: string
  readonly created_at: string | null
  readonly size_bytes: number | null
  readonly uncommitted_files: number
  readonly unpushed_commits: number
}

/** Everything that is listed. */
export interface WorkspaceList {
  readonly workspaces: readonly ListedWorkspace[]
  /** Branches of workspaces that are not there any more. */
  readonly branches: readonly LeftBranch[]
  /** Runs with kept trees, and when they ended: null for one that is not over, or that the store does not know. */
  readonly trees: readonly {
    readonly run_id: string
    readonly refs: number
    readonly is_known: boolean
    readonly ended_at: string | null
  }[]
}

/** Lists the workspaces of a project, and what others have left. */
export async function listWorkspaces(parts: CareParts): Promise<WorkspaceList> {
  const { store, project, workspace, places } = parts
  const used = await usedBy(store, project.id)
  const made = (await store.listWorkspaces(project.id)).filter((row) => row.kind !== 'project')
  const near = made.filter((row) => row.status === 'ready' && places.includes(row.host_id))
  const asked = near.map((row) => ({
    path: resolve(project.path, row.path),
    kind: row.kind === 'temporary' ? ('temporary' as const) : ('worktree' as const),
  }))
  const found = await workspace.care.inventory(project.path, asked)
  const byRow = new Map(near.map((row, at) => [row.id, found.known[at]]))
  const trees: WorkspaceList['trees'][number][] = []
  for (const { runId, refs } of found.trees) {
    const run = await store.findWorkflowRun(runId)
    const ended = run !== null && isTerminal(run.status) ? (run.completed_at ?? run.updated_at) : null
    trees.push({ run_id: runId, refs, is_known: run !== null, ended_at: ended })
  }
  const workspaces = [
    ...made.map((row) => ofRow(row, byRow.get(row.id), used.get(row.id))),
    ...found.others.map(orphan),
  ]
  return { workspaces, branches: found.branches, trees }
}

/** Runs that are not over, by the workspace that they have or take over. */
async function usedBy(store: IWorkflowStore, projectId: string): Promise<Map<string, string>> {
  const used = new Map<string, string>()
  const status = WORKFLOW_STATUSES.filter((one) => !isTerminal(one))
  for (let page = 1; ; page++) {
    const { items } = await store.listWorkflowRuns({ projectId, status, page, limit: 200 })
    for (const run of items) if (run.workspace_id !== null) used.set(run.workspace_id, run.id)
    if (items.length < 200) return used
  }
}

function ofRow(
  row: WorkspaceRow,
  found: FoundWorkspace | undefined,
  runId: string | undefined,
): ListedWorkspace {
  const [state, reason] = stateOf(row, found, runId)
  return {
    id: row.id,
    kind: row.kind,
    path: found?.path ?? row.path,
    branch: found?.branch ?? row.branch,
    state,
    made: found?.made ?? null,
    reason,
    created_at: row.created_at,
    size_bytes: found?.sizeBytes ?? null,
    uncommitted_files: found?.uncommitted ?? 0,
    unpushed_commits: found?.onlyHere ?? 0,
  }
}

function stateOf(
  row: WorkspaceRow,
  found: FoundWorkspace | undefined,
  runId: string | undefined,
): [WorkspaceState, string] {
  if (row.status === 'cleaned') return ['cleaned', `removed ${row.cleaned_at}`]
  if (runId !== undefined) return ['active', `run ${runId} is not over`]
  if (found === undefined) return ['elsewhere', `it lies on ${row.host_id}`]
  if (found.pids.length > 0) return ['busy', `process ${found.pids.join(', ')} works in it`]
  if (found.made === 'gone') return ['lost', 'its folder is gone']
  return found.made === 'half'
    ? ['lost', 'git does not know its folder as a work tree of its own']
    : ['kept', 'its runs are over']
}

function orphan(found: FoundWorkspace): ListedWorkspace {
  const half = found.made === 'half'
  const reason = half ? 'it was never finished: its process ended' : 'no row of the store names it'
  const busy = found.pids.length > 0
  return {
    id: null,
    kind: found.kind,
    path: found.path,
    branch: found.branch,
    state: busy ? 'busy' : 'orphan',
    made: found.made,
    reason: busy ? `process ${found.pids.join(', ')} works in it` : reason,
    created_at: found.changedAt,
    size_bytes: found.sizeBytes,
    uncommitted_files: found.uncommitted,
    unpushed_commits: found.onlyHere,
  }
}
