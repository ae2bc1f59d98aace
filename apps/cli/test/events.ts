import type { JournalEvent } from '@holdfast/workflow-sdk'
import type { EventPayloads, JournalEventType } from '@holdfast/workflow-sdk/journal'
import { reduceRun } from '../src/progress/reduceRun.ts'
import { emptyProgress, type RunProgress } from '../src/progress/RunProgress.ts'

/** Time of the first event of a journal. */
export const START = Date.parse('2026-01-02T03:04:05.000Z')

/** An event as a test writes it: type, payload, and milliseconds after the first. */
export type Told = {
  [T in JournalEventType]: readonly [type: T, payload: Partial<EventPayloads[T]>, atMs?: number]
}[JournalEventType]

/** A journal made of what a test says; what it leaves out does not matter to progress. */
export function journal(told: readonly Told[], runId = 'run-1'): JournalEvent[] {
  return told.map(
    ([type, payload, atMs], index) =>
      ({
        runId,
        sequence: index + 1,
        type,
        payload,
        timestamp: new Date(START + (atMs ?? index * 1000)).toISOString(),
        schemaVersion: 1,
      }) as JournalEvent,
  )
}

/** The progress after a journal. */
export function progressOf(events: readonly JournalEvent[]): RunProgress {
  return events.reduce(reduceRun, emptyProgress(events[0]?.runId ?? 'run-1'))
}

/** A `step.started`. */
export function started(key: string, more: Partial<EventPayloads['step.started']> = {}, atMs?: number): Told {
  const payload = {
    key,
    name: key.split('/').at(-1)!,
    kind: 'run' as const,
    stepNumber: 1,
    parentKey: null,
    attempt: 1,
    maxAttempts: 3,
    ...more,
  }
  return atMs === undefined ? ['step.started', payload] : ['step.started', payload, atMs]
}

/** An error as journals keep it. */
export function errorRecord(message: string): EventPayloads['run.failed']['error'] {
  return { name: 'Error', code: null, message, data: {}, stack: null, cause: null }
}
