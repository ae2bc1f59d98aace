import { WorkflowError } from '@holdfast/workflow-sdk'
import type { EventRow } from '../projection/RunFold.ts'
import type { RunColumns } from '../projection/rows.ts'

/** One line of `events.jsonl`: an event, its payload whole. */
export interface EventLine {
  readonly sequence: number
  readonly type: string
  readonly timestamp: string
  readonly schemaVersion: number
  readonly payload: object
  readonly externalId?: string
  /** On the last line of an append only: without it the append was cut off, and nothing of it counts. */
  readonly commit?: CommitMark
}

/** What the last line of an append says beside its event. */
export interface CommitMark {
  /** Number of the change of this run, from 1; `run.json` carries the one it shows. */
  readonly revision: number
  /** Columns of the run's row that no event gives. */
  readonly set: Partial<RunColumns>
}

/** The events of one append as they were read. */
export interface Batch {
  readonly lines: readonly EventLine[]
  /** Offset of each line in the file, in bytes. */
  readonly offsets: readonly number[]
  readonly commit: CommitMark
}

/** What a journal holds. */
export interface ParsedJournal {
  readonly batches: readonly Batch[]
  /** Bytes up to the end of the last complete append; what follows was cut off by a crash. */
  readonly bytes: number
}

/** Events of a run as lines, without the mark of their append. */
export function eventLines(events: readonly EventRow[]): EventLine[] {
  return events.map((event) => ({
    sequence: event.sequence,
    type: event.type,
    timestamp: event.timestamp,
    schemaVersion: event.schemaVersion,
    payload: event.whole,
    ...(event.externalId === null ? {} : { externalId: event.externalId }),
  }))
}

/** Text of the lines of one append. */
export function encodeBatch(lines: readonly Omit<EventLine, 'commit'>[], commit: CommitMark): string {
  return lines
    .map((line, i) => `${JSON.stringify(i === lines.length - 1 ? { ...line, commit } : line)}\n`)
    .join('')
}

const NEWLINE = 0x0a

/**
 * Reads a journal. What a crash can leave at the end (a cut line, one without its newline, zeros, an append
 * without its last line) is no part of it; everything else that cannot be read is damage.
 * @param file Path for messages.
 * @throws WorkflowError `JOURNAL_CORRUPT` naming file and line.
 */
export function parseJournal(content: Buffer, file: string): ParsedJournal {
  const batches: Batch[] = []
  let bytes = 0
  let lines: EventLine[] = []
  let offsets: number[] = []
  let expected = 1
  let number = 0
  for (let start = 0; ;) {
    const end = content.indexOf(NEWLINE, start)
    if (end < 0) return { batches, bytes }
    number++
    const line = parseLine(content.subarray(start, end), expected)
    if (typeof line === 'string') {
      if (isCutOff(content, bytes)) return { batches, bytes }
      throw corrupt(file, number, line)
    }
    lines.push(line)
    offsets.push(start)
    expected++
    start = end + 1
    if (line.commit === undefined) continue
    batches.push({ lines, offsets, commit: line.commit })
    bytes = start
    lines = []
    offsets = []
  }
}

/** The event of a line, or what is wrong with it. */
function parseLine(text: Buffer, expected: number): EventLine | string {
  let line: Partial<EventLine> | null
  try {
    line = JSON.parse(text.toString('utf8')) as Partial<EventLine> | null
  } catch {
    return 'it is no JSON'
  }
  if (typeof line !== 'object' || typeof line?.type !== 'string' || typeof line.payload !== 'object')
    return 'it is no event'
  if (line.sequence !== expected) return `it has sequence ${line.sequence} where ${expected} should be`
  return line as EventLine
}

/**
 * Whether what follows `from` is one append that was never completed: a file grows before its content is
 * there, which then reads as zeros, and no JSON holds one. Its own end may be there already, but no other.
 */
function isCutOff(content: Buffer, from: number): boolean {
  const zero = content.lastIndexOf(0)
  if (zero < from) return false
  const mark = content.indexOf(COMMIT, zero)
  return mark < 0 || content.indexOf(NEWLINE, mark) === content.length - 1
}

const COMMIT = '"commit":{"revision":'

function corrupt(file: string, line: number, why: string): WorkflowError {
  return new WorkflowError(
    'JOURNAL_CORRUPT',
    `Line ${line} of ${file} cannot be read: ${why}. Restore the file from a backup; other runs are not affected.`,
    { details: { file, line } },
  )
}

/** The error for a journal that lacks what it held before. */
export function tooShort(file: string, bytes: number, expected: number): WorkflowError {
  return new WorkflowError(
    'JOURNAL_CORRUPT',
    `${file} ends after ${bytes} bytes, but held ${expected}. Restore the file from a backup; other runs are not affected.`,
    { details: { file, bytes, expected } },
  )
}
