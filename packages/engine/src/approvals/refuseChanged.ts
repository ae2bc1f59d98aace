import { resolve } from 'node:path'
import type { ApprovalRow } from '@holdfast/store/contract'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { ShownTree } from '@holdfast/workflow-sdk/journal'
import type { EngineDependencies } from '../dependencies.ts'
import { isElsewhere } from '../execution/lostWorkspace.ts'
import { changeBetween } from './approvalBody.ts'
import { lookAtTree } from './lookAtTree.ts'

/**
 * Refuses a yes to files that are not those any more that were shown, where they can be seen from here, and makes the
 * run look at them; everywhere else it looks before the yes counts.
 * @throws WorkflowError `APPROVAL_CHANGED` naming the files.
 */
export async function refuseChanged(
  question: ApprovalRow,
  revision: number | undefined,
  deps: EngineDependencies,
): Promise<void> {
  const { bound_to: shown, run_id: runId } = question
  if (shown === null || deps.workspace === null) return
  if (revision !== undefined && revision !== question.revision) return
  const run = await deps.store.getWorkflowRun(runId)
  if (run.workspace_path === null || isElsewhere({ run }, deps)) return
  const project = await deps.definitions.project(run.project_id)
  const path = resolve(project.path, run.workspace_path)
  const seen = await look(deps, path, question, shown)
  if (seen === null || seen.fingerprint === shown.fingerprint) return
  const change = await changeBetween(deps.workspace, path, {
    from: shown.treeId,
    to: seen.treeId,
    patch: false,
  })
  const files = change === 'unknown' ? [] : change.files.map((file) => file.path)
  await deps.store.appendFromOutside(runId, { type: 'run.resume-requested', payload: { by: null } })
  const which =
    files.length === 0 ? '' : `: ${files.slice(0, 10).join(', ')}${files.length > 10 ? ', …' : ''}`
  throw new WorkflowError(
    'APPROVAL_CHANGED',
    `What "${question.title}" of run ${runId} covers has changed since it was shown${which}. The answer was not counted; the run asks again with what is there now.`,
    { details: { runId, key: question.approval_key, revision: question.revision, files } },
  )
}

/** Null where the files cannot be looked at: then the run finds out. */
async function look(
  deps: EngineDependencies,
  path: string,
  question: ApprovalRow,
  shown: ShownTree,
): Promise<ShownTree | null> {
  const { workspace } = deps
  if (workspace === null) return null
  try {
    return await lookAtTree(workspace, {
      path,
      covers: shown.covers,
      name: { runId: question.run_id, stepId: `approval-${question.approval_key}-${question.revision + 1}` },
      last: shown,
    })
  } catch (error) {
    if (WorkflowError.is(error)) return null
    throw error
  }
}
