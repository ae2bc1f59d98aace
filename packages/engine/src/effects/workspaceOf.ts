import { WorkflowError } from '@holdfast/workflow-sdk'
import type { WorkspacePort } from '@holdfast/workflow-sdk/ports'
import type { Execution } from '../execution/Execution.ts'

/** The workspace of a run. @throws WorkflowError `NOT_A_GIT_REPOSITORY` where runs have none. */
export function workspaceOf(x: Execution): WorkspacePort {
  if (x.deps.workspace === null) {
    throw new WorkflowError(
      'NOT_A_GIT_REPOSITORY',
      `Run ${x.runId} has no workspace: this engine was made without one. Create it with createHoldfast({ projectPath }) on a git repository.`,
      {
        details: { runId: x.runId },
      },
    )
  }
  return x.deps.workspace
}
