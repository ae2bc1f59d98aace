import { WorkflowError } from '@holdfast/workflow-sdk'
import type { Execution } from '../execution/Execution.ts'
import type { StepSpec } from '../steps/StepSpec.ts'

/** Whether a step works in the workspace, so that it fails when that is gone. */
export function touchesWorkspace({ kind, writes }: StepSpec): boolean {
  return writes === 'workspace' || kind === 'shell' || kind === 'git' || kind === 'files' || kind === 'agent'
}

/** @throws WorkflowError `WORKSPACE_LOST` when the workspace of the run is no longer what it was. */
export function confirmWorkspace(x: Execution): void {
  const { workspace: made, lastTree } = x.index
  if (x.deps.workspace === null || made === null) return
  const kept =
    lastTree === null ? null : { ref: lastTree.ref, when: lastTree.when, step: stepName(x, lastTree.stepKey) }
  x.deps.workspace.confirm({ path: x.facts.workspacePath, kind: made.kind, branch: made.branch, kept })
}

/** The error, or that the workspace is gone: then that is why something failed. */
export function orLost(x: Execution, error: unknown): unknown {
  try {
    confirmWorkspace(x)
    return error
  } catch (lost) {
    if (!WorkflowError.is(lost) || WorkflowError.has(error, 'WORKSPACE_LOST')) return error
    return new WorkflowError(lost.code, lost.message, { details: lost.details, cause: error })
  }
}

/** Does work in the workspace. @throws WorkflowError `WORKSPACE_LOST`; else what the work throws. */
export async function inWorkspace<T>(x: Execution, work: () => Promise<T>): Promise<T> {
  confirmWorkspace(x)
  try {
    return await work()
  } catch (error) {
    throw orLost(x, error)
  }
}

function stepName(x: Execution, key: string): string {
  const record = x.index.get(key)
  return record?.is === 'step' ? record.name : key
}
