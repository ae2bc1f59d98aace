import type { IWorkflowStore } from '@holdfast/store/contract'

/** Whether a worker of the store lives, as far as can be told from here (W1). */
export async function isAnybodyAtWork(store: IWorkflowStore): Promise<boolean> {
  const workers = await store.listWorkers()
  if (workers.length === 0) return false
  const [{ DEFAULT_SETTINGS, isDead }, { createHostPort }] = await Promise.all([
    import('@holdfast/engine'),
    import('@holdfast/workspace'),
  ])
  const facts = { host: createHostPort(), now: Date.now(), leaseDurationMs: DEFAULT_SETTINGS.leaseDurationMs }
  return workers.some((worker) => !isDead(worker, facts))
}
