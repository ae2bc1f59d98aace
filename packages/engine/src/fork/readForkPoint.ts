import { WorkflowError, type JournalEvent } from '@holdfast/workflow-sdk'
import { JournalIndex } from '../journal/JournalIndex.ts'
import type { StepRecord } from '../journal/records.ts'

/** Where a run is forked: everything that its journal says before a step. */
export interface ForkPoint {
  readonly runId: string
  /** The step that is the first to run anew; null where everything is taken over. */
  readonly step: StepRecord | null
  /** Events before its first start. */
  readonly before: readonly JournalEvent[]
  /** Its first start and what follows. */
  readonly after: readonly JournalEvent[]
  /** What is known of the calls at that moment. */
  readonly index: JournalIndex
  /** The run's workspace; null while it has none. */
  readonly workspace: JournalIndex['workspace']
}

/**
 * Finds the step that somebody names: by its key, its number, or a name that only one step has.
 * @throws WorkflowError `STEP_NOT_FOUND` naming the steps that there are.
 */
export function readForkPoint(runId: string, events: readonly JournalEvent[], from: string): ForkPoint {
  const all = new JournalIndex()
  for (const event of events) all.apply(event)
  const step = findStep(runId, [...all.steps()], from)
  const split = events.findIndex(({ sequence }) => sequence === step.startedSequence)
  const before = events.slice(0, split)
  const index = new JournalIndex()
  for (const event of before) index.apply(event)
  return { runId, step, before, after: events.slice(split), index, workspace: all.workspace }
}

/** As many steps as a message names. */
const NAMED = 20

/** The step with this key, number or unique name. @throws WorkflowError `STEP_NOT_FOUND`. */
export function findStep(runId: string, steps: readonly StepRecord[], given: string): StepRecord {
  const begun = steps.filter((step) => step.startedSequence > 0)
  const byKey = begun.find((step) => step.key === given)
  if (byKey !== undefined) return byKey
  const byName = begun.filter((step) => step.name === given)
  if (byName.length === 1) return byName[0]!
  const byNumber = /^\d+$/.test(given) ? begun.find((step) => step.stepNumber === Number(given)) : undefined
  if (byName.length === 0 && byNumber !== undefined) return byNumber
  const list = (byName.length > 1 ? byName : begun)
    .slice(0, NAMED)
    .map((step) => `${step.stepNumber} ${step.key}`)
  const why =
    byName.length > 1
      ? `Several steps of run ${runId} are called ${JSON.stringify(given)}. Give the number or key of one`
      : `Run ${runId} has begun no step ${JSON.stringify(given)}. Give one of its steps by number, key or name`
  throw new WorkflowError('STEP_NOT_FOUND', `${why}: ${list.join(', ') || 'it has none yet'}.`, {
    details: { runId, step: given },
  })
}
