import { hash } from 'node:crypto'
import { WorkflowError, type JournalEvent } from '@holdfast/workflow-sdk'
import type { Divergence, DryEnd, DryReplay, ReachedCall, UnaskedCall } from '../dry/contract.ts'
import { JournalIndex } from '../journal/JournalIndex.ts'
import type { StepRecord } from '../journal/records.ts'
import { costsOf, newCost, sumOf } from './costs.ts'

/** A step of a plan. */
export interface PlannedStep {
  readonly key: string
  readonly name: string
  readonly kind: StepRecord['kind']
  readonly stepNumber: number
  /** What its models cost last time, in US dollars: 0 without a call, null where a price is not known. */
  readonly costUsd: number | null
}

/** A call at which the journal ends. */
export interface PlannedCall extends ReachedCall {
  /** What its models cost so far, in US dollars; null where it may cost something and nobody knows what. */
  readonly costUsd: number | null
}

/** What an action on a run will do (P2). */
export interface ActionPlan {
  readonly planId: string
  readonly action: 'resume' | 'upgrade' | 'retry' | 'fork'
  /** Numbers of the version that the run has, and of the one that goes on. */
  readonly version: { readonly from: number; readonly to: number }
  /** Steps whose results are taken over: exactly these. */
  readonly reuse: readonly PlannedStep[]
  /** The first step that runs anew; null where none is known. */
  readonly firstLive: PlannedStep | null
  /** What follows, as last time. */
  readonly afterThat: readonly PlannedStep[]
  /** Where the code stands when the journal ends: what it asks for then, by a replay without effects. */
  readonly next: readonly PlannedCall[]
  /** What the journal has and the code did not ask for. */
  readonly unused: readonly UnaskedCall[]
  /** See {@link DryReplay}; `unknown` where the code cannot be loaded. */
  readonly verdict: DryReplay['verdict'] | 'unknown'
  readonly divergence: Divergence | null
  /** How the code ends without a new call; null where it does not. */
  readonly ends: DryEnd | null
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

/** What a plan is worked out from. */
export interface PlanParts {
  readonly action: ActionPlan['action']
  readonly version: ActionPlan['version']
  /** Journal of the run that is there. */
  readonly events: readonly JournalEvent[]
  /** Steps whose results are there when it goes on. */
  readonly reused: readonly StepRecord[]
  /** The step that is named as the first to run anew; null: where the replay stops. */
  readonly from: StepRecord | null
  /** Whether what the run did before is done again. */
  readonly again: boolean
  /** Null where the code cannot be loaded. */
  readonly replay: DryReplay | null
  /** What the plan's id stands for beside its steps. */
  readonly parts: readonly unknown[]
}

/** Works out a plan from the journal of the last run and a dry replay of what goes on. */
export function planOf(given: PlanParts): ActionPlan {
  const { action, version, events, reused, from, replay } = given
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
  const begun = [...index.steps()].filter(({ startedSequence }) => startedSequence > 0)
  const reached = replay?.reached ?? []
  const first = from ?? begun.find(({ key }) => reached.some((call) => call.key === key)) ?? null
  const taken = new Set(reused.map(({ key }) => key))
  const reuse = reused.filter(({ startedSequence }) => startedSequence > 0).map(planned)
  const others = given.again ? begun.filter(({ key }) => !taken.has(key) && key !== first?.key) : []
  // What only holds steps has begun before and goes on.
  const afterThat = others.filter(({ key }) => first === null || !isAround(key, first.key)).map(planned)
  const firstLive = first === null ? null : planned(first)
  const live = [...(firstLive === null ? [] : [firstLive]), ...afterThat]
  const next = reached.map((call): PlannedCall => {
    const known = index.get(call.key)
    const costUsd = known?.is === 'step' ? planned(known).costUsd : newCost(call.kind)
    return { ...call, costUsd }
  })
  const further = next.filter(({ key }) => !live.some((step) => step.key === key))
  const all = [...live, ...further]
  const { unasked: unused = [], ends = null } = replay ?? {}
  const divergence = replay?.divergence ?? (given.again ? failsAtOnce(ends, from) : null)
  const verdict = divergence === null ? (replay?.verdict ?? 'unknown') : 'diverges'
  const facts = [given.parts, action, version, verdict, reuse, live, next.map(({ key, why }) => [key, why])]
  return {
    planId: hash('sha256', JSON.stringify(facts)).slice(0, 16),
    action,
    version,
    reuse,
    firstLive,
    afterThat,
    next,
    unused,
    verdict,
    divergence,
    ends,
    estimated: true,
    costUsd: {
      known: sumOf(reuse),
      estimated: sumOf(all),
      unknown: all.filter(({ costUsd }) => costUsd === null).length,
    },
  }
}

/** A run that is made anew and certainly fails before anything new begins is not worth making. */
function failsAtOnce(ends: DryEnd | null, from: StepRecord | null): Divergence | null {
  if (ends?.how !== 'failed') return null
  const before = from === null ? 'anything new begins' : `it comes to "${from.name}"`
  const message = `The code fails before ${before}: ${ends.message}`
  return { key: from?.key ?? null, recorded: null, now: null, message, at: ends.at }
}

function isAround(outer: string, key: string): boolean {
  return key.startsWith(`${outer}@`) || key.startsWith(`${outer}/`)
}

/** @throws WorkflowError `PLAN_CHANGED` when the plan that was looked at is another one now. */
export function checkPlanId(runId: string, planId: string | undefined, plan: ActionPlan): void {
  if (planId === undefined || planId === plan.planId) return
  throw new WorkflowError(
    'PLAN_CHANGED',
    `The plan ${planId} for run ${runId} does not hold any more: it would be ${plan.planId} now. Look at the plan again.`,
    { details: { runId, planId, now: plan.planId } },
  )
}

/** @throws WorkflowError `REPLAY_DIVERGED` where the code cannot go on from what is there. */
export function refuseDivergence(runId: string, { action, version, divergence }: ActionPlan): void {
  if (divergence === null) return
  const { key, recorded, now, message, at } = divergence
  const place = at === null ? '' : ` (at ${at})`
  throw new WorkflowError(
    'REPLAY_DIVERGED',
    `The ${action} of run ${runId} with version ${version.to} of its workflow would not get on, so nothing was done: ${message}${place}`,
    { details: { runId, key, expected: recorded, actual: now, at } },
  )
}
