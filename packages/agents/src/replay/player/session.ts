import { appendFile, open, readFile } from 'node:fs/promises'
import type { RecordedAnswer, RecordedEvent } from '../recording.ts'

/**
 * The file of a replayed session: JSON lines, only ever appended, each on disk before the next action.
 * A line torn by a crash is left out when it is read.
 */
export type SessionRecord = TurnRecord | IntentRecord | DoneRecord | EndedRecord

/** A prompt and what is played for it. The plan is kept, so that a changed recording changes no begun session. */
export interface TurnRecord {
  readonly type: 'turn'
  /** From 1. */
  readonly turn: number
  readonly stepId: string
  readonly prompt: string
  readonly model: string
  readonly events: readonly RecordedEvent[]
  readonly answer: RecordedAnswer
}

/** A file is about to be changed. Hashes are SHA-256 of its bytes, null where there is no file. */
export interface IntentRecord {
  readonly type: 'intent'
  readonly turn: number
  readonly event: number
  readonly path: string
  readonly before: string | null
  readonly after: string | null
}

/** An event has taken place. */
export interface DoneRecord {
  readonly type: 'done'
  readonly turn: number
  readonly event: number
}

/** A turn came to its answer. */
export interface EndedRecord {
  readonly type: 'ended'
  readonly turn: number
}

/** The records of a session; null when there is none. */
export async function readSession(file: string): Promise<readonly SessionRecord[] | null> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return null
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as SessionRecord]
    } catch {
      return []
    }
  })
}

/** Adds a record, durably. It begins with a newline so that it never joins a torn line. */
export async function appendRecord(file: string, record: SessionRecord): Promise<void> {
  const handle = await open(file, 'a')
  try {
    await appendFile(handle, `\n${JSON.stringify(record)}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
