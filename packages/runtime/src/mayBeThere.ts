import type { IWorkflowStore } from '@holdfast/store/contract'
import { WORKFLOW_STATUSES, isTerminal } from '@holdfast/workflow-sdk'
import type { LoadedVersion } from './definitions/embedded.ts'
import type { StartOptions } from './startOptions.ts'

/**
 * Whether a start may be answered with a run that is there: by its id or a key. The store decides that in its
 * transaction; this look only spares such a start the checks of a new one.
 */
export async function mayBeThere(
  store: IWorkflowStore,
  { workflowId, definition }: LoadedVersion,
  { id, idempotencyKey }: StartOptions,
): Promise<boolean> {
  if (id !== undefined && (await store.findWorkflowRun(id)) !== null) return true
  if (idempotencyKey !== undefined) {
    const { total } = await store.listWorkflowRuns({ workflowId, idempotencyKey, limit: 1 })
    if (total > 0) return true
  }
  const { singleton, debounce } = definition.queue
  if (singleton === null && debounce === null) return false
  const status = WORKFLOW_STATUSES.filter((one) => !isTerminal(one))
  return (await store.listWorkflowRuns({ workflowId, status, limit: 1 })).total > 0
}
