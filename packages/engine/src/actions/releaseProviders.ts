import type { IWorkflowStore } from '@holdfast/store/contract'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { OutsideEvent } from '@holdfast/workflow-sdk/journal'
import { wakeWaiting } from './wakeWaiting.ts'

/**
 * A person lets a run call the providers whose quota it waits for, before their reset: for all runs, as the quota is
 * theirs too.
 * @throws WorkflowError `RUN_NOT_FOUND`, `RUN_FINISHED`, `OPTION_INVALID` when it waits for none.
 */
export async function releaseProviders(
  store: IWorkflowStore,
  runId: string,
  { by, now }: { readonly by: string | null; readonly now: string },
): Promise<void> {
  const run = await store.getWorkflowRun(runId)
  const { reason, until, others = [] } = run.waiting_for ?? {}
  const waits = reason === 'quota' || others.includes('quota')
  const limits = waits ? await store.listProviderLimits({ now }) : []
  // What is shown first may be something else: then every quota may be what it waits for.
  const its = limits.filter((one) => reason !== 'quota' || one.resetAt === until || one.runId === runId)
  if (its.length === 0)
    throw new WorkflowError(
      'OPTION_INVALID',
      `Run ${runId} does not wait for the quota of a provider. Leave --now out.`,
      { details: { runId } },
    )
  for (const { provider, account } of its) {
    const event: OutsideEvent = { type: 'provider.released', payload: { provider, account, by } }
    await store.appendFromOutside(runId, event)
    await wakeWaiting(store, 'quota', event, { except: runId })
  }
}
