import { createReadStream, existsSync } from 'node:fs'
import { readLines } from '../programs/lines.ts'
import { object, text } from './events.ts'

/** How our own lines in a transcript begin; see `Transcript.note`. */
const OWN_LINE = '{"type":"holdfast"'

/**
 * When the first start of `sessionId` took place whose end was never noted, in milliseconds since
 * 1970: what it used was not reported, or not wholly. Null when every start has its end.
 */
export async function unfinishedSince(transcript: string, sessionId: string): Promise<number | null> {
  if (!existsSync(transcript)) return null
  let since: number | null = null
  for await (const line of readLines(createReadStream(transcript))) {
    if (!line.startsWith(OWN_LINE)) continue
    const note = parse(line)
    if (note?.['event'] === 'ended') since = null
    if (note?.['event'] !== 'started' || note['sessionId'] !== sessionId) continue
    since ??= Date.parse(text(note['at']) ?? '')
  }
  return since === null || Number.isNaN(since) ? null : since
}

function parse(line: string): ReturnType<typeof object> {
  try {
    return object(JSON.parse(line))
  } catch {
    return null
  }
}
