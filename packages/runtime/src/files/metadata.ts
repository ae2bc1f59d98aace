import { join } from 'node:path'
import type { IWorkflowStore, WorkflowRunRow } from '@holdfast/store/contract'
import { isTerminal } from '@holdfast/workflow-sdk'
import type { ProjectInfo } from '@holdfast/workflow-sdk/ports'
import { executionsOf, runFolder } from './layout.ts'
import { ownFolder } from './ownFolder.ts'
import { replaceFile } from './replaceFile.ts'

/** What keeps the `metadata.json` of runs up to date. */
export interface MetadataKeeper {
  /** Writes what is left and ends. */
  stop(): Promise<void>
}

/** Changes of so many milliseconds make one look at a run. */
const DELAY_MS = 50

/**
 * Writes `metadata.json` into a run's folder whenever its status has changed, for people and tools that look
 * at files. It is a copy: nothing reads it back, and trouble with it is only told.
 */
export function keepMetadata(
  store: IWorkflowStore,
  project: (projectId: string) => Promise<ProjectInfo>,
  onTrouble: (message: string) => void,
): MetadataKeeper {
  const written = new Map<string, string>()
  const changed = new Set<string>()
  let timer: NodeJS.Timeout | null = null
  let writing: Promise<void> = Promise.resolve()

  const flush = (): Promise<void> => {
    if (timer !== null) clearTimeout(timer)
    timer = null
    const runIds = [...changed]
    changed.clear()
    writing = writing.then(async () => {
      for (const runId of runIds) await look(runId)
    })
    return writing
  }

  const look = async (runId: string): Promise<void> => {
    try {
      const run = await store.findWorkflowRun(runId)
      if (run === null || written.get(runId) === run.status) return
      const executions = executionsOf(store, await project(run.project_id))
      const folder = runFolder(executions, runId)
      await ownFolder(executions, folder)
      await replaceFile(join(folder, 'metadata.json'), `${JSON.stringify(metadataOf(run), null, 2)}\n`)
      if (isTerminal(run.status)) written.delete(runId)
      else written.set(runId, run.status)
    } catch (error) {
      onTrouble(`metadata.json of run ${runId} could not be written: ${String(error)}`)
    }
  }

  /** The store cannot be asked any more. */
  const forget = (): void => {
    changed.clear()
    if (timer !== null) clearTimeout(timer)
  }

  const unwatch = store.watch(({ runId }) => {
    if (runId === null) return
    changed.add(runId)
    timer ??= setTimeout(() => void flush(), DELAY_MS)
  }, forget)
  return {
    stop: async () => {
      unwatch()
      await flush()
    },
  }
}

function metadataOf(run: WorkflowRunRow): Readonly<Record<string, unknown>> {
  return {
    id: run.id,
    workflow_name: run.workflow_name,
    workflow_version: run.workflow_version,
    project_id: run.project_id,
    parent_run_id: run.parent_run_id,
    status: run.status,
    waiting_for: run.waiting_for,
    task_input: run.task_input,
    result: run.result,
    error_message: run.error_message,
    git_branch: run.git_branch,
    workspace_path: run.workspace_path,
    created_at: run.created_at,
    started_at: run.started_at,
    completed_at: run.completed_at,
    duration_ms: run.duration_ms,
  }
}
