import { createReadStream, existsSync } from 'node:fs'
import { open, readdir, realpath } from 'node:fs/promises'
import path from 'node:path'
import type { AgentRequest } from '@holdfast/workflow-sdk/ports'
import { object, parseObject, text } from '../programs/fields.ts'
import { readLines } from '../programs/lines.ts'

/**
 * The session that a process of this step began before its worker died, where the worker did not come to write its id
 * down: Codex names it itself, and asks its model at once. It stands in the step's transcript, else Codex's own files tell
 * of one that was begun in the step's folder since; null when there is none, or more than one that it could be.
 * @param home Codex's folder.
 */
export async function findCodexSession(
  request: Pick<AgentRequest, 'cwd' | 'transcriptPath'>,
  home: string,
): Promise<string | null> {
  const begun = await lastStart(request.transcriptPath)
  if (begun === null || begun.threadId !== null) return begun?.threadId ?? null
  const cwd = await realpath(request.cwd).catch(() => request.cwd)
  const found = await sessionsSince(home, begun.at, cwd)
  return found.length === 1 ? (found[0] ?? null) : null
}

interface Start {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly threadId: string | null
}

/** The last start in a transcript that has no end. */
async function lastStart(transcript: string): Promise<Start | null> {
  if (!existsSync(transcript)) return null
  let start: Start | null = null
  for await (const line of readLines(createReadStream(transcript))) {
    if (!TELLING.test(line)) continue
    const event = parseObject(line)
    if (event?.['event'] === 'started') start = { at: Date.parse(text(event['at']) ?? ''), threadId: null }
    if (event?.['event'] === 'ended') start = null
    if (event?.['type'] === 'thread.started' && start !== null)
      start = { ...start, threadId: text(event['thread_id']) }
  }
  return start
}

const TELLING = /^\{"type":"(holdfast|thread\.started)"/

/** Ids of the sessions that began in a folder at a moment or later, by the first line of their files. */
async function sessionsSince(home: string, since: number, cwd: string): Promise<readonly string[]> {
  const root = path.join(home, 'sessions')
  const names = await readdir(root, { recursive: true }).catch(() => [])
  const ids: string[] = []
  for (const name of names) {
    const [, id] = NAME.exec(name) ?? []
    // The id begins with the time; files of other days are not opened.
    if (id === undefined || Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16) < since) continue
    const meta = object((await firstLine(path.join(root, name)))?.['payload'])
    if (meta?.['cwd'] === cwd) ids.push(id)
  }
  return ids
}

const NAME = /rollout-.*-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.jsonl$/

async function firstLine(file: string): Promise<Record<string, unknown> | null> {
  const handle = await open(file, 'r')
  try {
    for await (const line of handle.readLines()) return parseObject(line)
    return null
  } finally {
    await handle.close()
  }
}
