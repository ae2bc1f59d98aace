import { WorkflowError, type JournalEvent } from '@holdfast/workflow-sdk'
import type { NewWorkflowRun, WorkflowRunRow } from '@holdfast/store/contract'
import type { EngineDependencies } from '../dependencies.ts'
import { keepFiles, type ForkFiles } from './forkFiles.ts'
import { journalOf, newFork, type ForkChoices } from './newFork.ts'
import { checkPlanId, planOf, refuseDivergence, type ActionPlan } from './plan.ts'
import type { ForkPoint } from './readForkPoint.ts'
import { replayOf } from './replayOf.ts'
import { takeOver, type Changes } from './takeOver.ts'

/** A fork or retry that is worked out and not made. */
export interface PreparedFork {
  readonly plan: ActionPlan
  /** What a person should know. */
  readonly notes: readonly string[]
  /** Keeps the trees of the new run, and answers the run to create. */
  readonly make: () => Promise<NewWorkflowRun>
}

/** What a new run that goes on from another one is worked out from. */
export interface NewRunParts {
  readonly action: 'fork' | 'retry'
  /** The plan that the caller was shown; left out: none. */
  readonly planId: string | undefined
  readonly run: WorkflowRunRow
  readonly events: readonly JournalEvent[]
  readonly point: ForkPoint
  /** The number of the version that counts as the one before. */
  readonly fromVersion: number
  readonly changes: Changes
  readonly choices: Omit<ForkChoices, 'files'>
  readonly files: ForkFiles | null
  readonly notes: readonly (string | null)[]
  /** What makes this plan another one, besides the run and its step. */
  readonly parts: readonly unknown[]
}

/**
 * Works out the plan of a run that goes on from another one, by a replay without effects; changes nothing.
 * @throws WorkflowError `JOURNAL_CORRUPT`, `PLAN_CHANGED`; making it also `REPLAY_DIVERGED`.
 */
export async function prepareNewRun(of: NewRunParts, deps: EngineDependencies): Promise<PreparedFork> {
  const { action, run, events, point, changes, choices, files } = of
  const { created } = point.index
  if (created === null)
    throw new WorkflowError(
      'JOURNAL_CORRUPT',
      `The journal of run ${run.id} does not begin with run.created.`,
    )
  const taken = takeOver(point, changes)
  const future = newFork(created, point, taken, { ...choices, files: null })
  const { replay, note } = await replayOf(
    { ...run, id: choices.id },
    journalOf(future, run.created_at),
    choices.version,
    deps,
  )
  const plan = planOf({
    action,
    version: { from: of.fromVersion, to: choices.version },
    events,
    reused: taken.reused,
    from: point.step,
    again: true,
    replay,
    parts: [run.id, point.step?.key ?? null, ...of.parts],
  })
  checkPlanId(run.id, of.planId, plan)
  return {
    plan,
    notes: [...of.notes, note].filter((text) => text !== null),
    make: async () => {
      refuseDivergence(run.id, plan)
      const kept = await keepFiles(choices.id, point, files, deps)
      const whole = takeOver(point, { ...changes, refs: kept.refs })
      return newFork(created, point, whole, { ...choices, files: kept.files })
    },
  }
}
