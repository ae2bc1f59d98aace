import type { Covers, ShownTree } from '@holdfast/workflow-sdk/journal'
import type { TreeSnapshot, WorkspacePort } from '@holdfast/workflow-sdk/ports'
import { WorkflowError } from '@holdfast/workflow-sdk'

/** Which files are looked at, and under which name they are kept. */
export interface TreeLook {
  readonly path: string
  readonly covers: Covers
  readonly name: { readonly runId: string; readonly stepId: string }
  /** Kept last; where nothing changed since, nothing new is kept. */
  readonly last: Omit<TreeSnapshot, 'notes'> | null
}

/**
 * The files of a workspace as an approval shows them, kept under a hidden ref.
 * @throws WorkflowError `NOT_A_GIT_REPOSITORY`, `GIT_FAILED`, `PATH_OUTSIDE_WORKSPACE`.
 */
export async function lookAtTree(workspace: WorkspacePort, look: TreeLook): Promise<ShownTree> {
  const { path, covers, name, last } = look
  const kept = await workspace.snapshot(path, { ...name, when: 'before' }, last)
  if (kept === null)
    throw new WorkflowError(
      'NOT_A_GIT_REPOSITORY',
      `The folder ${path} is not in a git repository, so an approval cannot be bound to its files. Use covers: 'none'.`,
      { details: { path } },
    )
  const { treeId, commit, ref, head } = kept
  return { covers, fingerprint: await fingerprint(workspace, path, covers, kept), treeId, commit, ref, head }
}

async function fingerprint(
  workspace: WorkspacePort,
  path: string,
  covers: Covers,
  { treeId, head }: TreeSnapshot,
): Promise<string> {
  if (covers === 'tree') return treeId
  if (covers === 'commit') return head ?? 'none'
  return await workspace.fingerprint(path, treeId, covers)
}
