import { object, text } from '../programs/fields.ts'
import type { CodexItem } from './events.ts'

const MAX_LENGTH = 200

/** One line about something that Codex does, e.g. `Run npm test`, `Edit src/a.ts`; null for what is no tool. */
export function describeItem({ type, fields }: CodexItem): string | null {
  switch (type) {
    case 'command_execution':
      return oneLine('Run', withoutShell(text(fields['command']) ?? ''))
    case 'file_change':
      return oneLine('Edit', changedPaths(fields['changes']).join(', '))
    case 'mcp_tool_call':
      return oneLine(
        'Call',
        [text(fields['server']), text(fields['tool'])].filter((part) => part !== null).join('.'),
      )
    case 'web_search':
      return oneLine('Search', text(fields['query']) ?? '')
    default:
      return null
  }
}

/** Codex runs each command by `/bin/bash -lc '…'` and shows that. */
function withoutShell(command: string): string {
  const [, , inner] = /^\S*sh -l?c (['"])(.*)\1$/s.exec(command) ?? []
  return inner ?? command
}

function changedPaths(changes: unknown): readonly string[] {
  if (!Array.isArray(changes)) return []
  return changes.map((change) => text(object(change)?.['path'])).filter((path) => path !== null)
}

function oneLine(verb: string, what: string): string {
  const line = `${verb} ${what.replaceAll(/\s+/g, ' ')}`.trim()
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH - 1)}…` : line
}
