import { createReadStream } from 'node:fs'
import { access } from 'node:fs/promises'
import { readLines } from '../programs/lines.ts'
import { object, text } from '../programs/fields.ts'

/**
 * The id of the last message of the agent itself, none of a sub-agent, in a transcript of ours: Claude Code keeps its
 * sessions under the same ids. Null where there is none.
 */
export async function lastMessage(transcriptPath: string): Promise<string | null> {
  const isThere = await access(transcriptPath).then(
    () => true,
    () => false,
  )
  if (!isThere) return null
  let last: string | null = null
  for await (const line of readLines(createReadStream(transcriptPath))) {
    if (!line.includes('"assistant"')) continue
    const event = parsed(line)
    if (event?.['type'] !== 'assistant' || typeof event['parent_tool_use_id'] === 'string') continue
    last = text(event['uuid']) ?? last
  }
  return last
}

function parsed(line: string): Readonly<Record<string, unknown>> | null {
  try {
    return object(JSON.parse(line)) ?? null
  } catch {
    return null
  }
}
