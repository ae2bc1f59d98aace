import type { PrepareWorkspace } from '@holdfast/workflow-sdk/ports'
import { openRepository, type Repository } from '../git/Repository.ts'
import type { GitSettings } from '../git/runGit.ts'
import { status } from '../git/status.ts'
import { refuseDirty } from './refuseDirty.ts'

/** What is asked of a project before a workspace is made from it. */
export type WorkspaceCheck = Omit<PrepareWorkspace, 'runId' | 'workspaceId'>

/**
 * Whether a workspace could be made from the project now; answers its repository.
 * @throws WorkflowError `NOT_A_GIT_REPOSITORY`, `WORKSPACE_DIRTY`, `GIT_FAILED`.
 */
export async function checkProject(settings: GitSettings, request: WorkspaceCheck): Promise<Repository> {
  const project = await openRepository(settings, request.projectPath)
  if (request.kind === 'project' && !request.allowDirty)
    refuseDirty(request.projectPath, await status(project))
  return project
}

/** See `WorkspacePort.check`. */
export async function checkWorkspace(settings: GitSettings, request: WorkspaceCheck): Promise<void> {
  await checkProject(settings, request)
}
