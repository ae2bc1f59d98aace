import type { IWorkflowStore, WorkflowRunRow } from '@holdfast/store/contract'

/**
 * Makes runs look again that wait for room in a budget which they share with `run`: it was raised, or what was held back
 * of it is free. One that was not woken, because a process died over it, still has its open question.
 */
export async function wakeSharers(
  store: IWorkflowStore,
  run: Pick<WorkflowRunRow, 'id' | 'project_id'>,
): Promise<void> {
  const open = await store.listApprovals({ kind: 'budget', status: 'open' })
  const waiting = new Set(open.map(({ run_id }) => run_id).filter((id) => id !== run.id))
  for (const id of waiting) {
    const other = await store.findWorkflowRun(id)
    if (other?.project_id !== run.project_id) continue
    // It may be over by now.
    await store
      .appendFromOutside(id, { type: 'run.resume-requested', payload: { by: null } })
      .catch(() => null)
  }
}
