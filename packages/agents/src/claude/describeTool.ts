import type { Fields } from '../programs/fields.ts'

/** The argument that tells a person most, for each of Claude Code's tools. */
const TELLING: Readonly<Record<string, string>> = {
  Bash: 'command',
  Edit: 'file_path',
  Write: 'file_path',
  Read: 'file_path',
  NotebookEdit: 'notebook_path',
  Glob: 'pattern',
  Grep: 'pattern',
  WebFetch: 'url',
  WebSearch: 'query',
  Agent: 'description',
  Task: 'description',
}

const MAX_LENGTH = 200

/** One line about a tool call, e.g. `Edit src/a.ts`; at most 200 characters. */
export function describeTool(name: string, input: Fields): string {
  const telling = input[TELLING[name] ?? '']
  if (typeof telling !== 'string') return name
  const line = `${name} ${telling.replaceAll(/\s+/g, ' ').trim()}`
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH - 1)}…` : line
}
