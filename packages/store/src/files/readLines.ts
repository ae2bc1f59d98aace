import { WorkflowError, type JournalEvent } from '@holdfast/workflow-sdk'
import { readRange } from './io.ts'
import type { Layout } from './layout.ts'
import type { EventLine } from './lines.ts'
import type { RunState } from './RunState.ts'

/**
 * At most `limit` lines of a journal after the first `after`, read from where they lie.
 * @throws WorkflowError `JOURNAL_CORRUPT` when they have changed since the journal was read.
 */
export function readLines(layout: Layout, state: RunState, after: number, limit: number): EventLine[] {
  const { offsets, bytes } = state
  const first = offsets[after]
  if (first === undefined || limit <= 0) return []
  const end = offsets[after + limit] ?? bytes
  const file = layout.journal(state.run.id)
  const text = readRange(file, first, end).toString('utf8')
  return text
    .slice(0, -1)
    .split('\n')
    .map((line, i) => parse(line, after + i + 1, file))
}

function parse(text: string, sequence: number, file: string): EventLine {
  try {
    const line = JSON.parse(text) as EventLine
    if (line.sequence === sequence) return line
  } catch {
    // Said below.
  }
  throw new WorkflowError(
    'JOURNAL_CORRUPT',
    `Line ${sequence} of ${file} is not the event ${sequence} any more: the file was changed. Restore it from a backup; other runs are not affected.`,
    { details: { file, line: sequence } },
  )
}

/** The event of a line as the contract gives it. */
export function eventOf(runId: string, line: EventLine): JournalEvent {
  const { sequence, type, timestamp, payload, schemaVersion } = line
  return { runId, sequence, type, timestamp, payload, schemaVersion } as JournalEvent
}
