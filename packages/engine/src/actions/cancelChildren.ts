import type { IWorkflowStore } from '@holdfast/store/contract'
import { WorkflowError } from '@holdfast/workflow-sdk'

const PAGE = 200
const OPEN = ['pending', 'running', 'waiting', 'paused'] as const

/**
 * Asks the children of a run to stop, unless they are over or outlive their parent (S5).
 * @param key Only those of this call; default all.
 */
export async function cancelChildren(store: IWorkflowStore, runId: string, key?: string): Promise<void> {
  const ids: string[] = []
  for (let page = 1; ; page++) {
    const { items } = await store.listWorkflowRuns({ parentRunId: runId, status: OPEN, limit: PAGE, page })
    for (const child of items) if (key === undefined || child.parent_key === key) ids.push(child.id)
    if (items.length < PAGE) break
  }
  for (const id of ids) await cancelOne(store, id, runId)
}

async function cancelOne(store: IWorkflowStore, childRunId: string, parentRunId: string): Promise<void> {
  try {
    const [created] = await store.listWorkflowEvents({ runId: childRunId, limit: 1 })
    if (created?.type === 'run.created' && created.payload.onParentClose === 'detach') return
    await store.appendFromOutside(childRunId, {
      type: 'run.cancel-requested',
      payload: { by: `run ${parentRunId}`, reason: 'cancelled' },
    })
  } catch (error) {
    if (!WorkflowError.has(error, 'RUN_FINISHED', 'RUN_NOT_FOUND', 'RUN_TRANSITION_INVALID')) throw error
  }
}
