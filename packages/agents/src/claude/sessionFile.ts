import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { readLines } from '../programs/lines.ts'
import { object, text, type Fields } from '../programs/fields.ts'
import { parseClaudeEvent } from './events.ts'

/** A model call as Claude Code's own session files hold it, with final numbers. */
export interface StoredCall {
  readonly messageId: string
  readonly model: string
  readonly usage: Fields
}

/**
 * The model calls of a session that ended at or after `since` (milliseconds since 1970), each once.
 * The main conversation lies in `projects/<folder of the project>/<session>.jsonl`, those of sub-agents
 * in the folder `<session>/subagents` beside it (2.1.329). They are the only place that tells what a
 * killed process used.
 */
export async function readStoredCalls(
  configFolder: string,
  sessionId: string,
  since: number,
): Promise<readonly StoredCall[]> {
  const calls = new Map<string, StoredCall>()
  for (const file of await sessionFiles(configFolder, sessionId)) {
    for await (const line of readLines(createReadStream(file))) {
      const event = parseClaudeEvent(line)
      if (event?.type !== 'assistant' || event.message.id === '') continue
      const at = Date.parse(text(object(JSON.parse(line))?.['timestamp']) ?? '')
      if (!(at >= since)) continue
      const { id, model, usage } = event.message
      // The lines of one message repeat its usage; the last one is final.
      calls.set(id, { messageId: id, model, usage })
    }
  }
  return [...calls.values()]
}

async function sessionFiles(configFolder: string, sessionId: string): Promise<readonly string[]> {
  const projects = path.join(configFolder, 'projects')
  const found: string[] = []
  for (const folder of await names(projects)) {
    const main = `${sessionId}.jsonl`
    if ((await names(path.join(projects, folder))).includes(main))
      found.push(path.join(projects, folder, main))
    const subagents = path.join(projects, folder, sessionId, 'subagents')
    for (const name of await names(subagents)) {
      if (name.endsWith('.jsonl')) found.push(path.join(subagents, name))
    }
  }
  return found
}

async function names(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch {
    return []
  }
}
