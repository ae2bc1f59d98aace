import {
  TERMINAL_EVENT_TYPES,
  type JournalEventType,
  type NewJournalEvent,
} from '@holdfast/workflow-sdk/journal'
import type { Need } from './LoadedFacts.ts'

/** What a write of the store names beforehand, so that one round trip loads it. Too little costs another one. */
export interface Named {
  /** Runs that it reads or changes. */
  readonly runs?: readonly string[]
  /** Runs of this worker. */
  readonly worker?: string
  /** Runs that may end: their parents are told. */
  readonly ends?: readonly string[]
  readonly needs?: readonly Need[]
  /** Characters that it writes, about. */
  readonly length?: number
}

/** What appending these events will ask for. */
export function needsOf(runId: string, events: readonly NewJournalEvent[]): Named {
  const needs: Need[] = [{ kind: 'open', runId }]
  const ends = events.some(({ type }) => isEnd(type))
  if (ends) needs.push({ kind: 'last', runId })
  for (const { type, payload } of events as readonly LooseEvent[]) {
    for (const key of [payload.stepKey, payload.parentKey, type.startsWith('step.') ? payload.key : null])
      if (typeof key === 'string') needs.push({ kind: 'step', runId, key })
    if (type.startsWith('approval.') && typeof payload.key === 'string')
      needs.push({ kind: 'approval', runId, key: payload.key })
    if (type === 'usage.recorded' && typeof payload.callId === 'string')
      needs.push({ kind: 'usage', runId, key: payload.callId })
    if (type === 'event.received') needs.push({ kind: 'external', runId, key: `event:${String(payload.id)}` })
    if (type === 'child.completed')
      needs.push({ kind: 'external', runId, key: `child:${String(payload.childRunId)}` })
    for (const value of [payload.input, payload.output]) {
      const hash = (value as { readonly blob?: { readonly hash?: unknown } } | null | undefined)?.blob?.hash
      if (typeof hash === 'string') needs.push({ kind: 'blob', key: hash })
    }
  }
  return { runs: [runId], ends: ends ? [runId] : [], needs }
}

interface LooseEvent {
  readonly type: JournalEventType
  readonly payload: Readonly<Record<string, unknown>>
}

function isEnd(type: JournalEventType): boolean {
  return (TERMINAL_EVENT_TYPES as readonly JournalEventType[]).includes(type)
}
