import { resolve } from 'node:path'
import type { WorkflowRunRow } from '@holdfast/store/contract'
import { WorkflowError, type JournalEvent } from '@holdfast/workflow-sdk'
import type { EngineDependencies } from '../dependencies.ts'
import type { DryReplay } from '../dry/contract.ts'

/** Reasons for which a version cannot be replayed here; what is known without that is told. */
const NOT_LOADED = ['WORKFLOW_NOT_FOUND', 'WORKFLOW_INVALID', 'WORKFLOW_DEPENDENCY_MISSING'] as const

/** Replays a journal without effects; null, with the reason, where the code cannot be loaded. */
export async function replayOf(
  run: WorkflowRunRow,
  events: readonly JournalEvent[],
  version: number,
  deps: EngineDependencies,
): Promise<{ readonly replay: DryReplay | null; readonly note: string | null }> {
  const project = await deps.definitions.project(run.project_id)
  const workspacePath = resolve(project.path, run.workspace_path ?? '.')
  try {
    return { replay: await deps.replayDry({ run, events, version, project, workspacePath }), note: null }
  } catch (error) {
    if (!WorkflowError.has(error, ...NOT_LOADED)) throw error
    return { replay: null, note: `The code was not replayed: ${error.message}` }
  }
}
