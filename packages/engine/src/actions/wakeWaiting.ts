import type { IWorkflowStore, WorkflowRunRow } from '@holdfast/store/contract'
import type { WaitReason } from '@holdfast/workflow-sdk'
import type { OutsideEvent } from '@holdfast/workflow-sdk/journal'

const PAGE = 200

/** Appends an event to every run, of a project or of all, that waits for something with this reason. */
export async function wakeWaiting(
  store: IWorkflowStore,
  reason: WaitReason,
  event: OutsideEvent,
  { projectId, except }: { readonly projectId?: string; readonly except?: string } = {},
): Promise<void> {
  const waiting: WorkflowRunRow[] = []
  let after: string | null = null
  do {
    const page: Awaited<ReturnType<typeof store.listWorkflowRuns>> = await store.listWorkflowRuns({
      // A run that another of its steps keeps in memory waits too.
      status: ['waiting', 'running'],
      limit: PAGE,
      ...(projectId === undefined ? {} : { projectId }),
      ...(after === null ? {} : { after }),
    })
    waiting.push(...page.items)
    after = page.next
  } while (after !== null)
  for (const { id, status, waiting_for } of waiting) {
    const isConcerned =
      status === 'running' || waiting_for?.reason === reason || waiting_for?.others?.includes(reason) === true
    // It may be over by now.
    if (id !== except && isConcerned) await store.appendFromOutside(id, event).catch(() => null)
  }
}
