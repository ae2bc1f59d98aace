import { createReadStream, existsSync } from 'node:fs'
import { parseObject, text } from './fields.ts'
import { readLines } from './lines.ts'

/** How our own lines in a transcript begin; see `Transcript.note`. */
const OWN_LINE = '{"type":"holdfast"'

/**
 * When the first start of `sessionId` took place whose end was never noted, in milliseconds since
 * 1970: what it used was not reported, or not wholly. Null when every start has its end. A start whose
 * program chose the id has none in its note; the note `session` that follows names it, if the worker came to that.
 */
export async function unfinishedSince(transcript: string, sessionId: string): Promise<number | null> {
  if (!existsSync(transcript)) return null
  let since: number | null = null
  let nameless: number | null = null
  for await (const line of readLines(createReadStream(transcript))) {
    const note = line.startsWith(OWN_LINE) ? parseObject(line) : null
    if (note === null) continue
    const at = Date.parse(text(note['at']) ?? '')
    if (note['event'] === 'ended') since = nameless = null
    if (note['event'] === 'started' && note['sessionId'] === null) nameless ??= at
    if (note['event'] === 'started' && note['sessionId'] === sessionId) since ??= at
    if (note['event'] === 'session' && note['sessionId'] === sessionId) since ??= nameless ?? at
  }
  // Its worker died before it noted the id: a transcript is that of one attempt, so it was this session.
  const lost = since ?? nameless
  return lost === null || Number.isNaN(lost) ? null : lost
}
