import type { Fields } from '../programs/fields.ts'

/** The argument that tells a person most, for each of Gemini CLI's tools. */
const TELLING: Readonly<Record<string, string>> = {
  run_shell_command: 'command',
  write_file: 'file_path',
  replace: 'file_path',
  read_file: 'file_path',
  list_directory: 'dir_path',
  glob: 'pattern',
  grep_search: 'pattern',
  web_fetch: 'prompt',
  google_web_search: 'query',
  invoke_agent: 'agent_name',
}

const MAX_LENGTH = 200

/** One line about a tool call, e.g. `write_file src/a.ts`; at most 200 characters. */
export function describeTool(name: string, parameters: Fields): string {
  const telling = parameters[TELLING[name] ?? '']
  if (typeof telling !== 'string') return name
  const line = `${name} ${telling.replaceAll(/\s+/g, ' ').trim()}`
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH - 1)}…` : line
}
