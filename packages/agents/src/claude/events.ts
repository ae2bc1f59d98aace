import { number, object, parseObject, text, type Fields } from '../programs/fields.ts'

/**
 * Events of `claude -p --output-format stream-json --verbose`, one JSON object a line, as Claude Code
 * 2.1.329 prints them. Only the fields that are read here are named; all others are let through.
 */
export type ClaudeEvent =
  | { readonly type: 'system'; readonly subtype: string; readonly fields: Fields }
  | {
      readonly type: 'assistant'
      readonly message: ClaudeMessage
      /** Tool call of the sub-agent that speaks; null for the main agent. */
      readonly parentToolUseId: string | null
      /** What kind of failure the text stands for, e.g. `rate_limit`. */
      readonly error: string | null
    }
  | { readonly type: 'stream_event'; readonly messageId: string | null; readonly event: Fields }
  | { readonly type: 'result'; readonly result: ClaudeResult }
  /** A message of standard input, repeated as the conversation takes it up. */
  | { readonly type: 'repeated'; readonly uuid: string | null }
  /** `rejectedUntil`: milliseconds since 1970; null while requests are taken. `model`: whose limit it is; null: of all. */
  | {
      readonly type: 'rate_limit_event'
      readonly rejectedUntil: number | null
      readonly model: string | null
    }
  /** Tool results, echoes, and whatever later versions add. */
  | { readonly type: 'other'; readonly name: string }

/** One block of one answer of the model; the blocks of an answer share `id`. */
export interface ClaudeMessage {
  readonly id: string
  readonly model: string
  readonly content: readonly Fields[]
  readonly usage: Fields
}

/** The event that ends a turn. */
export interface ClaudeResult {
  readonly uuid: string
  readonly subtype: string
  readonly isError: boolean
  readonly text: string
  readonly structuredOutput: unknown
  readonly stopReason: string | null
  readonly terminalReason: string | null
  readonly apiErrorStatus: number | null
  readonly errors: readonly string[]
  readonly sessionId: string | null
  readonly usage: Fields
  /** What the whole conversation cost so far, also in earlier processes. US dollars. */
  readonly totalCostUsd: number | null
  /** Tokens and cost by model since the result before this one; null where the version does not say. */
  readonly usageSinceLastResult: Readonly<Record<string, Fields>> | null
}

/** Reads one line; null when it is no event (not JSON, or no object with a `type`). */
export function parseClaudeEvent(line: string): ClaudeEvent | null {
  const fields = parseObject(line)
  if (fields === null || typeof fields['type'] !== 'string') return null
  switch (fields['type']) {
    case 'system':
      return { type: 'system', subtype: text(fields['subtype']) ?? '', fields }
    case 'assistant':
      return assistant(fields)
    case 'stream_event':
      return {
        type: 'stream_event',
        messageId: text(fields['api_message_id']),
        event: object(fields['event']) ?? {},
      }
    case 'result':
      return { type: 'result', result: result(fields) }
    case 'user':
      return fields['isReplay'] === true
        ? { type: 'repeated', uuid: text(fields['uuid']) }
        : { type: 'other', name: 'user' }
    case 'rate_limit_event':
      return rateLimit(object(fields['rate_limit_info']))
    default:
      return { type: 'other', name: fields['type'] }
  }
}

function assistant(fields: Fields): ClaudeEvent {
  const message = object(fields['message']) ?? {}
  const content = Array.isArray(message['content']) ? message['content'] : []
  return {
    type: 'assistant',
    message: {
      id: text(message['id']) ?? '',
      model: text(message['model']) ?? '',
      content: content.map(object).filter((block) => block !== null),
      usage: object(message['usage']) ?? {},
    },
    parentToolUseId: text(fields['parent_tool_use_id']),
    error: text(fields['error']),
  }
}

function result(fields: Fields): ClaudeResult {
  const since = object(fields['model_usage_since_last_result'])
  return {
    uuid: text(fields['uuid']) ?? '',
    subtype: text(fields['subtype']) ?? '',
    isError: fields['is_error'] === true,
    text: text(fields['result']) ?? '',
    structuredOutput: fields['structured_output'],
    stopReason: text(fields['stop_reason']),
    terminalReason: text(fields['terminal_reason']),
    apiErrorStatus: number(fields['api_error_status']),
    errors: Array.isArray(fields['errors']) ? fields['errors'].map(String) : [],
    sessionId: text(fields['session_id']),
    usage: object(fields['usage']) ?? {},
    totalCostUsd: number(fields['total_cost_usd']),
    usageSinceLastResult:
      since === null
        ? null
        : Object.fromEntries(Object.entries(since).map(([model, of]) => [model, object(of) ?? {}])),
  }
}

/** The kind of a limit ends in the family of the model that it is for, such as `seven_day_opus`. */
function rateLimit(info: Fields | null): ClaudeEvent {
  const [, model = null] = /^seven_day_([a-z]+)$/.exec(text(info?.['rateLimitType']) ?? '') ?? []
  return { type: 'rate_limit_event', rejectedUntil: rejectedUntil(info), model }
}

/** Limits of a subscription are told in seconds since 1970. */
function rejectedUntil(info: Fields | null): number | null {
  const seconds = info?.['status'] === 'rejected' ? number(info['resetsAt']) : null
  return seconds === null ? null : seconds * 1000
}
