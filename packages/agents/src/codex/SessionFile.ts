import { open, readdir } from 'node:fs/promises'
import path from 'node:path'
import type { TokenCounts } from '@holdfast/workflow-sdk/journal'
import { object, parseObject, text, type Fields } from '../programs/fields.ts'
import { tokensOf } from './tokens.ts'

/** A model call as Codex's session file holds it, with final numbers. */
export interface StoredCall {
  readonly callId: string
  readonly provider: string
  /** Empty when the file does not say. */
  readonly model: string
  readonly tokens: TokenCounts
  /** Counts of the whole thread up to this call. */
  readonly threadTokens: TokenCounts
  /** When it ended, in milliseconds since 1970. */
  readonly at: number
}

/**
 * The file in which Codex (0.169) keeps one session: `sessions/YYYY/MM/DD/rollout-<local time>-<id>.jsonl` below its
 * home, named by the day on which the session began. It alone tells the tokens of each call (`token_usage_record`), the
 * model (`turn_context`) and the provider, while the program works and after it was killed.
 */
export class SessionFile {
  readonly #home: string
  readonly #threadId: string
  #file: string | null = null
  #offset = 0
  #provider = 'openai'
  #model = ''

  constructor(home: string, threadId: string) {
    this.#home = home
    this.#threadId = threadId
  }

  /** The last model that the file named; null when it named none. */
  get model(): string | null {
    return this.#model === '' ? null : this.#model
  }

  /** The calls that were added since the last look. A line without its end is left for the next one. */
  async next(): Promise<readonly StoredCall[]> {
    const file = (this.#file ??= await findSessionFile(this.#home, this.#threadId))
    if (file === null) return []
    const added = await readFrom(file, this.#offset)
    const whole = added.subarray(0, added.lastIndexOf(NEWLINE) + 1)
    this.#offset += whole.length
    const lines = whole.toString('utf8').split('\n')
    return lines.map((line) => this.#read(line)).filter((call) => call !== null)
  }

  #read(line: string): StoredCall | null {
    if (!TELLING.test(line.slice(0, 200))) return null
    const record = parseObject(line)
    const payload = object(record?.['payload'])
    if (record === null || payload === null) return null
    switch (record['type']) {
      case 'session_meta':
        this.#provider = text(payload['model_provider']) ?? this.#provider
        return null
      case 'turn_context':
        this.#model = text(payload['model']) ?? this.#model
        return null
      case 'token_usage_record':
        return this.#call(payload, Date.parse(text(record['timestamp']) ?? ''))
      default:
        return null
    }
  }

  #call(payload: Fields, at: number): StoredCall | null {
    const callId = text(payload['response_id'])
    const usage = object(payload['usage'])
    if (callId === null || usage === null) return null
    return {
      callId,
      provider: this.#provider,
      model: this.#model,
      tokens: tokensOf(usage),
      threadTokens: tokensOf(object(payload['thread_token_usage']) ?? {}),
      at,
    }
  }
}

const NEWLINE = 10
/** Most lines are long and of no interest here, so they are not parsed. */
const TELLING = /"type":"(session_meta|turn_context|token_usage_record)"/

async function readFrom(file: string, offset: number): Promise<Buffer> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    const added = Buffer.alloc(Math.max(0, size - offset))
    const { bytesRead } = await handle.read(added, 0, added.length, offset)
    return added.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

const DAY_MS = 86_400_000

/** The id of a session begins with its time, so only the days around it are looked through. */
async function findSessionFile(home: string, threadId: string): Promise<string | null> {
  const began = Number.parseInt(threadId.replaceAll('-', '').slice(0, 12), 16)
  for (const day of [0, -1, 1]) {
    const date = new Date(began + day * DAY_MS)
    if (Number.isNaN(date.getTime())) return null
    const folder = path.join(home, 'sessions', ...date.toISOString().slice(0, 10).split('-'))
    const names = await readdir(folder).catch(() => [])
    const name = names.find((one) => one.startsWith('rollout-') && one.endsWith(`-${threadId}.jsonl`))
    if (name !== undefined) return path.join(folder, name)
  }
  return null
}
