import { WorkflowError } from '@holdfast/workflow-sdk'
import type { MadeWorkspace } from '@holdfast/workflow-sdk/ports'
import { openRepository } from '../git/Repository.ts'
import type { GitSettings } from '../git/runGit.ts'
import { confirmWorkspace } from './confirmWorkspace.ts'
import { lostWorkspace } from './lostWorkspace.ts'

/** @throws WorkflowError `WORKSPACE_LOST` when the folder is gone, or git does not take it for a work tree. */
export async function openWorkspace(settings: GitSettings, workspace: MadeWorkspace): Promise<void> {
  confirmWorkspace(workspace)
  try {
    await openRepository(settings, workspace.path)
  } catch (error) {
    if (!WorkflowError.has(error, 'NOT_A_GIT_REPOSITORY')) throw error
    throw lostWorkspace(workspace, 'it is no longer part of a git repository')
  }
}
