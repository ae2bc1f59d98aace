import path from 'node:path'
import type { ModelTool } from '../script.ts'

/** A `tool_use` as Claude Code expects it. */
export interface NativeTool {
  readonly name: string
  readonly input: Readonly<Record<string, unknown>>
}

/** Turns an action into Claude Code's own tool; its file tools want absolute paths. */
export function claudeTool(tool: ModelTool, folder: string | null): NativeTool {
  const absolute = (file: string): string => (folder === null ? file : path.resolve(folder, file))
  if ('write' in tool) {
    return { name: 'Write', input: { file_path: absolute(tool.write.path), content: tool.write.content } }
  }
  if ('edit' in tool) {
    const { path: file, old, new: replacement } = tool.edit
    return { name: 'Edit', input: { file_path: absolute(file), old_string: old, new_string: replacement } }
  }
  if ('read' in tool) return { name: 'Read', input: { file_path: absolute(tool.read.path) } }
  if ('shell' in tool) return { name: 'Bash', input: { command: tool.shell, description: 'Run a command' } }
  return tool
}
