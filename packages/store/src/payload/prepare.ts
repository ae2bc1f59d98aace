import { WorkflowError } from '@holdfast/workflow-sdk'
import type { NewJournalEvent } from '@holdfast/workflow-sdk/journal'
import { keptPayload } from './kept.ts'
import { toColumns } from './stored.ts'

/** An event that may enter the journal: its text is made and checked before a transaction begins (J3). */
export interface PreparedEvent {
  readonly event: NewJournalEvent
  /** JSON text of the payload without what other rows hold. */
  readonly keptText: string
}

/** A prepared event with the length of its whole payload. */
export interface MeasuredEvent extends PreparedEvent {
  /** UTF-16 units of JSON text, what other rows hold included. */
  readonly length: number
}

/** Most UTF-16 units of JSON text in one event; larger values belong into blobs (J5). */
const MAX_PAYLOAD_LENGTH = 8 * 1024 * 1024

/** @throws WorkflowError `PAYLOAD_INVALID` naming the event. */
export function prepareEvents(runId: string, events: readonly NewJournalEvent[]): MeasuredEvent[] {
  return events.map((event) => {
    const keptText = textOf(runId, event)
    const length = keptText.length + storedLength(runId, event)
    if (length > MAX_PAYLOAD_LENGTH) {
      throw new WorkflowError(
        'PAYLOAD_INVALID',
        `The payload of ${event.type} for run ${runId} has ${length} characters; the limit is ${MAX_PAYLOAD_LENGTH}. Keep large data in a file or an artifact.`,
        { details: { runId, type: event.type, length, limit: MAX_PAYLOAD_LENGTH } },
      )
    }
    return { event, keptText, length }
  })
}

/** Length of several payloads together. */
export function lengthOf(events: readonly MeasuredEvent[]): number {
  return events.reduce((sum, { length }) => sum + length, 0)
}

function textOf(runId: string, event: NewJournalEvent): string {
  try {
    const text = JSON.stringify(keptPayload(event)) as string | undefined
    if (text !== undefined) return text
  } catch (cause) {
    throw invalid(runId, event, cause)
  }
  throw invalid(runId, event, undefined)
}

function invalid(runId: string, event: NewJournalEvent, cause: unknown): WorkflowError {
  const why = cause instanceof Error ? `: ${cause.message}` : ''
  return new WorkflowError(
    'PAYLOAD_INVALID',
    `The payload of ${event.type} for run ${runId} cannot be written as JSON${why}. Give plain JSON values.`,
    { details: { runId, type: event.type }, ...(cause === undefined ? {} : { cause }) },
  )
}

function storedLength(runId: string, event: NewJournalEvent): number {
  try {
    switch (event.type) {
      case 'run.created':
        return toColumns(event.payload.input).json?.length ?? 0
      case 'run.completed':
        return toColumns(event.payload.output).json?.length ?? 0
      case 'step.completed':
        return (toColumns(event.payload.output).json?.length ?? 0) + (event.payload.rawOutput?.length ?? 0)
      case 'step.started':
        return event.payload.input === undefined ? 0 : JSON.stringify(event.payload.input).length
      default:
        return 0
    }
  } catch (cause) {
    throw invalid(runId, event, cause)
  }
}
