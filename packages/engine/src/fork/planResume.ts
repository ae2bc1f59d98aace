import { isTerminal, WorkflowError } from '@holdfast/workflow-sdk'
import type { EngineDependencies } from '../dependencies.ts'
import { JournalIndex } from '../journal/JournalIndex.ts'
import { planOf, type ActionPlan } from './plan.ts'
import { replayOf } from './replayOf.ts'

/** A plan, and what a person should know beside it. */
export interface PlanWithNotes {
  readonly plan: ActionPlan
  readonly notes: readonly string[]
}

/**
 * Works out what a run that is not over does when it goes on, with its own version or another; changes nothing.
 * @throws WorkflowError `RUN_NOT_FOUND`, `RUN_FINISHED`, `RECORD_NOT_FOUND`.
 */
export async function planResume(
  runId: string,
  wanted: number | undefined,
  deps: EngineDependencies,
): Promise<PlanWithNotes> {
  const run = await deps.store.getWorkflowRun(runId)
  if (isTerminal(run.status))
    throw new WorkflowError(
      'RUN_FINISHED',
      `Run ${runId} is ${run.status}; only a run that is not over can go on.`,
      { details: { runId, status: run.status } },
    )
  if (wanted !== undefined) await deps.store.getWorkflowVersion(run.workflow_id, wanted)
  const events = await deps.store.listWorkflowEvents({ runId })
  const index = new JournalIndex()
  for (const event of events) index.apply(event)
  const to = wanted ?? index.version
  const { replay, note } = await replayOf(run, events, to, deps)
  const asked = new Set(replay?.asked)
  const reused = [...index.steps()].filter(
    ({ key, result }) => result !== null && (replay === null || asked.has(key) || isInsideAsked(key, asked)),
  )
  const plan = planOf({
    action: to === index.version ? 'resume' : 'upgrade',
    version: { from: index.version, to },
    events,
    reused,
    from: null,
    again: false,
    replay,
    parts: [runId],
  })
  return { plan, notes: note === null ? [] : [note] }
}

/** Calls inside of a step that is not over are found again by the step. */
function isInsideAsked(key: string, asked: ReadonlySet<string>): boolean {
  return [...key.matchAll(/[@/]/g)].some(({ index }) => asked.has(key.slice(0, index)))
}
