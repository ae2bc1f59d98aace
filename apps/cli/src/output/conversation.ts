import type { MessageRow } from '@holdfast/runtime'
import { formatTime, oneLine } from './format.ts'

/** Characters of a message that one line shows. */
const LONGEST = 500

/** A message as one line: when, who, what, and for one to an agent whether that has it. */
export function conversationLine(message: MessageRow): string {
  const { created_at, author, role, text_content, message_type, delivery_state } = message
  const words = oneLine(text_content)
  const short = words.length > LONGEST ? `${words.slice(0, LONGEST)}…` : words
  const who = author === null ? (role === 'user' ? 'a person' : 'an agent') : oneLine(author)
  const what =
    message_type === 'workflow_start'
      ? ' (start)'
      : message_type === 'note' && role === 'user'
        ? ' (note)'
        : ''
  const state = message_type === 'intervention' ? ` [${delivery_state}]` : ''
  return `${formatTime(created_at)} ${who}${what}: ${short}${state}`
}
