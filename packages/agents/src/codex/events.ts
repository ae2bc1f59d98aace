import { object, parseObject, text, type Fields } from '../programs/fields.ts'

/**
 * Events of `codex exec --json`, one JSON object a line, as Codex 0.169.0 prints them. Only what is read here is
 * named; all others are let through.
 */
export type CodexEvent =
  | { readonly type: 'thread.started'; readonly threadId: string }
  | { readonly type: 'item'; readonly started: boolean; readonly item: CodexItem }
  /** Token counts of the whole thread, over all processes that worked on it. */
  | { readonly type: 'turn.completed'; readonly usage: Fields }
  | { readonly type: 'turn.failed'; readonly message: string }
  /** Also the retries of the program: `Reconnecting... 1/5 (…)`. */
  | { readonly type: 'error'; readonly message: string }
  | { readonly type: 'other'; readonly name: string }

/** Something that the agent says or does. */
export interface CodexItem {
  readonly id: string
  /** e.g. `agent_message`, `reasoning`, `command_execution`, `file_change`, `mcp_tool_call`, `web_search`, `todo_list`, `error`. */
  readonly type: string
  readonly fields: Fields
}

/** Reads one line; null when it is no event (not JSON, or no object with a `type`). */
export function parseCodexEvent(line: string): CodexEvent | null {
  const fields = parseObject(line)
  const type = text(fields?.['type'])
  if (fields === null || type === null) return null
  switch (type) {
    case 'thread.started':
      return { type, threadId: text(fields['thread_id']) ?? '' }
    case 'item.started':
    case 'item.completed':
      return { type: 'item', started: type === 'item.started', item: itemOf(object(fields['item']) ?? {}) }
    case 'turn.completed':
      return { type, usage: object(fields['usage']) ?? {} }
    case 'turn.failed':
      return { type, message: text(object(fields['error'])?.['message']) ?? '' }
    case 'error':
      return { type, message: text(fields['message']) ?? '' }
    default:
      return { type: 'other', name: type }
  }
}

function itemOf(fields: Fields): CodexItem {
  return { id: text(fields['id']) ?? '', type: text(fields['type']) ?? '', fields }
}
