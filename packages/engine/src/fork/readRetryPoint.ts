import { isTerminal, type ErrorRecord, type JournalEvent, type WorkflowStatus } from '@holdfast/workflow-sdk'
import { JournalIndex } from '../journal/JournalIndex.ts'
import type { StepRecord } from '../journal/records.ts'
import type { ForkPoint } from './readForkPoint.ts'

/** A fork point made from a run that is over, with where its events lay in the journal of that. */
export interface RetryPoint extends ForkPoint {
  /** From sequences of the original to those of `before`. */
  readonly places: ReadonlyMap<number, number>
}

/**
 * Where a run that is over goes on: at the step that made it fail, or where it was asked to stop. Everything that was
 * over by then is kept, whenever it began; of what came later (clean-up, what was cancelled) only steps that had
 * begun before and were finished.
 */
export function readRetryPoint(runId: string, events: readonly JournalEvent[]): RetryPoint {
  const all = new JournalIndex()
  for (const event of events) all.apply(event)
  const step = failedStep(events, all)
  const end = endOf(events, all, step)
  const begun = new Set<string>()
  const kept: JournalEvent[] = []
  for (const event of events) {
    const key = keyOf(event)
    if (event.sequence <= end) {
      if (key !== null) begun.add(outermost(key, all))
      if (key === null || step === null || !isOf(step, key)) kept.push(event)
    } else if (event.type === 'event.received' || (key !== null && wasFinished(key, all, begun)))
      kept.push(event)
  }
  const places = new Map(kept.map(({ sequence }, i) => [sequence, i + 1]))
  const before = kept.map((event) => renumbered(event, places))
  const index = new JournalIndex()
  for (const event of before) index.apply(event)
  return { runId, step, before, after: [], index, workspace: all.workspace, places }
}

/** The step whose failure the run ended with: the one that the error comes from, else the last, if nothing began since. */
function failedStep(events: readonly JournalEvent[], all: JournalIndex): StepRecord | null {
  const last = events.findLast((event) => event.type === 'run.failed')
  if (last === undefined) return null
  const failed = [...all.steps()]
    .filter(({ kind, result }) => result?.how === 'failed' && kind !== 'scope' && kind !== 'race')
    .toSorted((a, b) => b.result!.sequence - a.result!.sequence)
  const causes = causesOf(last.payload.error)
  const named = failed.find(({ name, result }) =>
    causes.some(
      (error) =>
        result?.how === 'failed' && error.data['step'] === name && error.message === result.error.message,
    ),
  )
  if (named !== undefined) return outermostStep(named, all)
  const [latest] = failed
  if (latest === undefined) return null
  const since = latest.result!.sequence
  const wentOn = [...all.steps()].some(({ startedSequence }) => startedSequence > since)
  return wentOn ? null : outermostStep(latest, all)
}

/** A call inside of another step is made by that: it is the outer one that is made anew. */
function outermostStep(step: StepRecord, all: JournalIndex): StepRecord {
  const outer = all.get(outermost(step.key, all))
  return outer?.is === 'step' ? outer : step
}

/** The key of the step whose attempt a call lies in, the outermost; the key itself outside of steps. */
function outermost(key: string, all: JournalIndex): string {
  for (let at = key.indexOf('@'); at >= 0; at = key.indexOf('@', at + 1)) {
    const around = all.get(key.slice(0, at))
    if (around?.is === 'step' && around.kind !== 'scope' && around.kind !== 'race') return around.key
  }
  return key
}

/** The last sequence that holds: that of the failure, or the one before the run was asked to stop. */
function endOf(events: readonly JournalEvent[], all: JournalIndex, step: StepRecord | null): number {
  if (step?.result != null) return step.result.sequence
  if (all.cancelRequested !== null) return all.cancelRequested.sequence - 1
  return events.at(-1)?.sequence ?? 0
}

/** What is begun by the failed step itself, or asked about it. */
function isOf({ key: failed }: StepRecord, key: string): boolean {
  return key === failed || key.startsWith(`${failed}@`)
}

function wasFinished(key: string, all: JournalIndex, begun: ReadonlySet<string>): boolean {
  const record = all.get(outermost(key, all))
  return (
    record?.is === 'step' &&
    record.result?.how === 'completed' &&
    record.kind !== 'scope' &&
    record.kind !== 'race' &&
    begun.has(record.key)
  )
}

function keyOf({ payload }: JournalEvent): string | null {
  const { key, stepKey } = payload as { key?: string; stepKey?: string | null }
  return key ?? stepKey ?? null
}

function renumbered(event: JournalEvent, places: ReadonlyMap<number, number>): JournalEvent {
  const sequence = places.get(event.sequence)!
  if (event.type !== 'wait.satisfied' || event.payload.eventSequence === undefined)
    return { ...event, sequence }
  const eventSequence = places.get(event.payload.eventSequence)!
  return { ...event, sequence, payload: { ...event.payload, eventSequence } }
}

function causesOf(error: ErrorRecord): ErrorRecord[] {
  return error.cause === null ? [error] : [error, ...causesOf(error.cause)]
}

/** Whether a run with this status can be retried. */
export function canRetry(status: WorkflowStatus): boolean {
  return isTerminal(status) && status !== 'completed'
}
