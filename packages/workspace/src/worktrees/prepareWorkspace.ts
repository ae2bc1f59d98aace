import { WorkflowError } from '@holdfast/workflow-sdk'
import type { PreparedWorkspace, PrepareWorkspace } from '@holdfast/workflow-sdk/ports'
import type { GitSettings } from '../git/runGit.ts'
import { placeFacts } from '../snapshots/facts.ts'
import { checkProject } from './checkWorkspace.ts'
import { prepareTemporary } from './prepareTemporary.ts'
import { prepareWorktree } from './prepareWorktree.ts'

/** Settings of the port that concern workspaces. */
export interface WorkspaceSettings extends GitSettings {
  /** Absolute folder for workspaces of kind `temporary`. */
  readonly temporaryFolder: string
}

/** Makes a workspace, or finds the one made before under the same id. See `WorkspacePort.prepare`. */
export async function prepareWorkspace(
  settings: WorkspaceSettings,
  request: PrepareWorkspace,
): Promise<PreparedWorkspace> {
  checkId(request.workspaceId)
  const project = await checkProject(settings, request)
  if (request.kind === 'worktree') return await prepareWorktree(settings, project, request)
  if (request.kind === 'temporary') return await prepareTemporary(settings, project, request)
  const git = await placeFacts(project)
  return {
    workspaceId: request.workspaceId,
    kind: 'project',
    path: request.projectPath,
    branch: git.branch,
    git: { ...git, initialCommit: git.finalCommit },
    notes: [],
  }
}

/** The id becomes the name of a folder. */
function checkId(workspaceId: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/.test(workspaceId)) return
  const message =
    `The workspace id ${JSON.stringify(workspaceId)} cannot name a folder. ` +
    `Use letters, digits, "-" and "_", at most 100.`
  throw new WorkflowError('OPTION_INVALID', message, { details: { workspaceId } })
}
