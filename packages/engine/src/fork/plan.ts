import { hash } from 'node:crypto'
import type { JournalEvent } from '@holdfast/workflow-sdk'
import { JournalIndex } from '../journal/JournalIndex.ts'
import type { StepRecord } from '../journal/records.ts'

/** A step of a plan. */
export interface PlannedStep {
  readonly key: string
  readonly name: string
  readonly kind: StepRecord['kind']
  readonly stepNumber: number
  /** What its models cost last time, in US dollars: 0 without a call, null where a price is not known. */
  readonly costUsd: number | null
}

/** What an action on a run will do (P2). */
export interface ActionPlan {
  readonly planId: string
  /** Steps whose results are taken over: exactly these. */
  readonly reuse: readonly PlannedStep[]
  /** The first step that runs anew; null where none is known. */
  readonly firstLive: PlannedStep | null
  /** What follows, as last time. */
  readonly afterThat: readonly PlannedStep[]
  /** Whether what runs anew is taken from the last run and may go differently. */
  readonly estimated: boolean
  readonly costUsd: {
    /** What the reused steps cost, which is not paid again. */
    readonly known: number
    /** What the others cost last time. */
    readonly estimated: number
    /** How many of the others have no known price. */
    readonly unknown: number
  }
}

/** Works out a plan from the journal of the last run. `parts` is what the plan's id stands for beside its steps. */
export function planOf(
  events: readonly JournalEvent[],
  reused: readonly StepRecord[],
  from: StepRecord | null,
  parts: readonly unknown[],
): ActionPlan {
  const index = new JournalIndex()
  for (const event of events) index.apply(event)
  const costs = costsOf(events)
  const planned = (step: StepRecord): PlannedStep => ({
    key: step.key,
    name: step.name,
    kind: step.kind,
    stepNumber: step.stepNumber,
    costUsd: costs.has(step.key) ? costs.get(step.key)! : 0,
  })
  const taken = new Set(reused.map(({ key }) => key))
  const reuse = reused.filter(({ startedSequence }) => startedSequence > 0).map(planned)
  const others = [...index.steps()].filter(
    ({ key, startedSequence }) => startedSequence > 0 && !taken.has(key) && key !== from?.key,
  )
  // What only holds steps has begun before and goes on.
  const afterThat = others.filter(({ key }) => from === null || !isAround(key, from.key)).map(planned)
  const firstLive = from === null ? null : planned(from)
  const live = [...(firstLive === null ? [] : [firstLive]), ...afterThat]
  return {
    planId: hash('sha256', JSON.stringify([parts, reuse, live])).slice(0, 16),
    reuse,
    firstLive,
    afterThat,
    estimated: true,
    costUsd: {
      known: sum(reuse),
      estimated: sum(live),
      unknown: live.filter(({ costUsd }) => costUsd === null).length,
    },
  }
}

/** What the models of each step cost, in US dollars; null where one of its calls has no price. */
function costsOf(events: readonly JournalEvent[]): Map<string, number | null> {
  const costs = new Map<string, number | null>()
  for (const event of events) {
    if (event.type !== 'usage.recorded' || event.payload.stepKey === null) continue
    const { stepKey, costUsd } = event.payload
    const before = costs.get(stepKey) ?? (costs.has(stepKey) ? null : 0)
    costs.set(stepKey, before === null || costUsd === null ? null : before + costUsd)
  }
  return costs
}

function isAround(outer: string, key: string): boolean {
  return key.startsWith(`${outer}@`) || key.startsWith(`${outer}/`)
}

/** Micro-dollars are whole numbers, whose sums are exact. */
function sum(steps: readonly PlannedStep[]): number {
  return steps.reduce((total, { costUsd }) => total + Math.round((costUsd ?? 0) * 1e6), 0) / 1e6
}
