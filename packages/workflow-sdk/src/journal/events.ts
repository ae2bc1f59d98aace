import type { EventPayloads } from './payloads.ts'

/** Version of the payload shapes that this package writes. */
export const JOURNAL_SCHEMA_VERSION = 1

/** Type of a journal event, noun.verb. */
export type JournalEventType = keyof EventPayloads

/** An event as it is handed to the store, before it has a place in the journal. */
export type NewJournalEvent = {
  [T in JournalEventType]: { readonly type: T; readonly payload: EventPayloads[T] }
}[JournalEventType]

/** An event as the journal holds it. Sequences are 1, 2, 3, … without gaps per run. */
export type JournalEvent = {
  [T in JournalEventType]: {
    readonly runId: string
    readonly sequence: number
    readonly type: T
    /** ISO 8601, UTC, milliseconds. */
    readonly timestamp: string
    readonly payload: EventPayloads[T]
    readonly schemaVersion: number
  }
}[JournalEventType]

/** The journal event of one type. */
export type EventOf<T extends JournalEventType> = Extract<JournalEvent, { type: T }>

/** The events that need no owner token (J1). All but the first and `run.killed` leave the owner as it is. */
export const OUTSIDE_EVENT_TYPES = [
  'run.created',
  'run.cancel-requested',
  'run.pause-requested',
  'run.resume-requested',
  'run.killed',
  'run.upgraded',
  'event.received',
  'approval.answered',
  'message.added',
  'agent.takeover-requested',
  'budget.raised',
  'provider.released',
  'child.completed',
] as const satisfies readonly JournalEventType[]
/** Type of an event that may come from outside. */
export type OutsideEventType = (typeof OUTSIDE_EVENT_TYPES)[number]
/** An event that may come from outside. */
export type OutsideEvent = Extract<NewJournalEvent, { type: OutsideEventType }>

/** Events after which a run never changes again. */
export const TERMINAL_EVENT_TYPES = [
  'run.completed',
  'run.failed',
  'run.cancelled',
  'run.killed',
  'run.timed_out',
] as const satisfies readonly JournalEventType[]

/** Builds an event; the payload is checked against its type by the compiler. */
export function journalEvent<T extends JournalEventType>(
  type: T,
  payload: EventPayloads[T],
): NewJournalEvent {
  return { type, payload } as NewJournalEvent
}
