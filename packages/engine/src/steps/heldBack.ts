import type { WaitingFor } from '@holdfast/workflow-sdk'
import { openBreaker } from './askBreaker.ts'
import { isAffected, providerName } from './providerCall.ts'
import type { StepCall } from './StepCall.ts'

/** How long a run that waits for the answer to another one's question goes without looking. */
const LOOK_MS = 5 * 60_000

/**
 * What keeps a step from calling its provider: a quota that any run has met, or repeated failures that a person is asked
 * about elsewhere. Null: nothing. `until` is when to look again.
 */
export async function heldBack(
  step: StepCall<unknown>,
): Promise<(WaitingFor & { readonly until: string }) | null> {
  const { x, spec } = step
  const { calls } = spec
  if (calls === undefined) return null
  const now = x.deps.clock.now()
  const since = new Date(now).toISOString()
  const limits = await x.journal.persist(() =>
    x.deps.store.listProviderLimits({ provider: calls.provider, now: since }),
  )
  const limit = limits.find(
    ({ account, model }) => account === calls.account && isAffected(calls.model, model),
  )
  if (limit !== undefined) return { reason: 'quota', since, until: limit.resetAt, detail: quotaDetail(step) }
  const breaker = await openBreaker(step)
  if (breaker === null) return null
  return {
    reason: 'breaker',
    since,
    until: new Date(now + LOOK_MS).toISOString(),
    detail: `Step "${spec.name}" waits: ${breaker.title} Answer that in run ${breaker.run_id}.`,
  }
}

/** What a step says that waits for its provider's quota. */
export function quotaDetail({ spec }: StepCall<unknown>): string {
  const whose = spec.calls === undefined ? 'its provider' : providerName(spec.calls.provider)
  return `Step "${spec.name}" waits for ${whose}'s quota.`
}
