import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { number, object, text, type Fields } from '../programs/fields.ts'
import { readLines } from '../programs/lines.ts'

/** A model call as Gemini CLI's own session files hold it. */
export interface StoredCall {
  readonly id: string
  readonly model: string
  readonly tokens: StoredTokens
}

/** Tokens as a session file counts them: the prompt (`input`) contains what came from the cache. */
export interface StoredTokens {
  readonly input: number
  readonly cached: number
  readonly output: number
  readonly thoughts: number
  /** What the provider's own tools put into the prompt; not part of `input`. */
  readonly tool: number
}

/**
 * The model calls of a session that ended at or after `since` (milliseconds since 1970), each once. The
 * main conversation lies in `tmp/<project>/chats/session-<minute>-<first 8 of the id>.jsonl`, those of
 * sub-agents in the folder `<id>` beside it (0.61.0). A message is written again when its tools are done.
 */
export async function readStoredCalls(
  geminiFolder: string,
  sessionId: string,
  since: number,
): Promise<readonly StoredCall[]> {
  const calls = new Map<string, StoredCall>()
  for (const file of await sessionFiles(geminiFolder, sessionId)) {
    for await (const line of readLines(createReadStream(file))) {
      const message = parse(line)
      const tokens = object(message?.['tokens'])
      const id = text(message?.['id'])
      if (message === null || tokens === null || id === null || message['type'] !== 'gemini') continue
      if (!(Date.parse(text(message['timestamp']) ?? '') >= since)) continue
      calls.set(id, { id, model: text(message['model']) ?? 'unknown', tokens: tokensOf(tokens) })
    }
  }
  return [...calls.values()]
}

function tokensOf(of: Fields): StoredTokens {
  const count = (name: string): number => number(of[name]) ?? 0
  return {
    input: count('input'),
    cached: count('cached'),
    output: count('output'),
    thoughts: count('thoughts'),
    tool: count('tool'),
  }
}

async function sessionFiles(geminiFolder: string, sessionId: string): Promise<readonly string[]> {
  const found: string[] = []
  const main = `-${sessionId.slice(0, 8)}.jsonl`
  for (const project of await names(path.join(geminiFolder, 'tmp'))) {
    const chats = path.join(geminiFolder, 'tmp', project, 'chats')
    for (const name of await names(chats)) {
      const file = path.join(chats, name)
      if (name.endsWith(main) && (await isOf(file, sessionId))) found.push(file)
    }
    const subagents = path.join(chats, sessionId)
    for (const name of await names(subagents)) {
      if (name.endsWith('.jsonl')) found.push(path.join(subagents, name))
    }
  }
  return found
}

/** The name holds the first eight letters only; the first line has the whole id. */
async function isOf(file: string, sessionId: string): Promise<boolean> {
  for await (const line of readLines(createReadStream(file))) return parse(line)?.['sessionId'] === sessionId
  return false
}

function parse(line: string): Fields | null {
  try {
    return object(JSON.parse(line))
  } catch {
    return null
  }
}

async function names(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch {
    return []
  }
}
