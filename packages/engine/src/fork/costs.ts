import type { JournalEvent } from '@holdfast/workflow-sdk'

interface Priced {
  /** US dollars; null where it is not known. */
  readonly costUsd: number | null
}

/** Kinds of call that may ask a model, themselves or in what they hold. */
const MAY_COST: ReadonlySet<string> = new Set(['agent', 'prompt', 'run', 'child'])

/** What a call that was never made costs, in US dollars: null where it may ask a model. */
export function newCost(kind: string): 0 | null {
  return MAY_COST.has(kind) ? null : 0
}

/** What the models of each step cost, in US dollars; null where one of its calls has no price. */
export function costsOf(events: readonly JournalEvent[]): Map<string, number | null> {
  const costs = new Map<string, number | null>()
  for (const event of events) {
    if (event.type !== 'usage.recorded' || event.payload.stepKey === null) continue
    const { stepKey, costUsd } = event.payload
    const before = costs.get(stepKey) ?? (costs.has(stepKey) ? null : 0)
    costs.set(stepKey, before === null || costUsd === null ? null : before + costUsd)
  }
  return costs
}

/** Micro-dollars are whole numbers, whose sums are exact. */
export function sumOf(calls: readonly Priced[]): number {
  return calls.reduce((total, { costUsd }) => total + Math.round((costUsd ?? 0) * 1e6), 0) / 1e6
}
