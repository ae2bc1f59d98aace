import { WorkflowError } from '@holdfast/workflow-sdk'
import { existsSync } from 'node:fs'
import { openRepository } from '../git/Repository.ts'
import type { GitSettings } from '../git/runGit.ts'

/** @throws WorkflowError `WORKSPACE_LOST` when the folder is gone, or is no longer a work tree of git. */
export async function openWorkspace(
  settings: GitSettings,
  workspace: { readonly path: string; readonly kind: string },
): Promise<void> {
  if (!existsSync(workspace.path)) throw lost(workspace, 'the folder does not exist')
  try {
    await openRepository(settings, workspace.path)
  } catch (error) {
    if (!WorkflowError.has(error, 'NOT_A_GIT_REPOSITORY')) throw error
    throw lost(workspace, 'it is no longer part of a git repository')
  }
}

function lost(workspace: { readonly path: string; readonly kind: string }, why: string): WorkflowError {
  const message =
    `The workspace ${workspace.path} (${workspace.kind}) is lost: ${why}. ` +
    `Bring it back from a backup, or start a new run.`
  return new WorkflowError('WORKSPACE_LOST', message, { details: { ...workspace, reason: why } })
}
