import { WorkflowError } from '@holdfast/workflow-sdk'
import type { CareParts } from './listWorkspaces.ts'
import { planPrune, type PruneItem, type PruneOptions, type PrunePlan } from './planPrune.ts'

/** What came of an item. */
export interface PrunedItem extends PruneItem {
  /** Hidden ref under which its work is kept. */
  readonly kept_as: string | null
  /** Why it was not removed after all; null: it was. */
  readonly error: string | null
}

/** Does what a plan says, looking again at everything right before: what is used by now stays. */
export async function prune(parts: CareParts, plan: PrunePlan, options: PruneOptions): Promise<PrunedItem[]> {
  const now = await planPrune(parts, options)
  const done: PrunedItem[] = []
  for (const item of plan.remove) {
    const current = now.remove.find(({ what, name }) => what === item.what && name === item.name)
    done.push({ ...item, ...(await tryRemove(parts, now, current)) })
  }
  await parts.workspace.care.forgetGone(parts.project.path)
  return done
}

async function tryRemove(
  parts: CareParts,
  now: PrunePlan,
  item: PruneItem | undefined,
): Promise<Pick<PrunedItem, 'kept_as' | 'error'>> {
  if (item === undefined)
    return { kept_as: null, error: 'It is used, gone, or holds work of its own by now.' }
  try {
    return { kept_as: await remove(parts, now, item), error: null }
  } catch (error) {
    if (!WorkflowError.is(error)) throw error
    return { kept_as: null, error: error.message }
  }
}

/** The work is kept before the folder goes, and the row says so last: a crash in between is found by the next prune. */
async function remove(
  { workspace: port, project, store }: CareParts,
  now: PrunePlan,
  { what, name, loses, workspace }: PruneItem,
): Promise<string | null> {
  let ref: string | null = null
  if (what === 'trees') await port.care.dropTrees(project.path, [name])
  if (what === 'branch') {
    const branch = now.list.branches.find((one) => one.name === name)
    if (branch !== undefined) await port.care.removeBranch(project.path, branch)
  }
  if (what === 'workspace' && workspace !== null) {
    if (loses !== null) ref = await port.care.keepAside(project.path, { path: workspace.path, name })
    await port.clean({ projectPath: project.path, path: workspace.path, kind: workspace.kind })
  }
  const id = workspace?.id ?? null
  if (id !== null) await store.markWorkspaceCleaned(id)
  return ref
}

/** Removes the kept trees of runs that ended long ago; answers of how many runs. */
export async function dropOldTrees(parts: CareParts, now: number, keepTreesMs: number): Promise<number> {
  const { care } = parts.workspace
  const { trees } = await care.inventory(parts.project.path, [])
  const old: string[] = []
  for (const { runId } of trees) {
    const endedAt = (await parts.store.findWorkflowRun(runId))?.completed_at ?? null
    if (endedAt !== null && now - Date.parse(endedAt) >= keepTreesMs) old.push(runId)
  }
  await care.dropTrees(parts.project.path, old)
  return old.length
}
