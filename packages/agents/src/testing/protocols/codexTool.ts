import { randomUUID } from 'node:crypto'
import type { ModelTool } from '../script.ts'

/** A tool call of the Responses API: with JSON arguments, or (`custom`) with a text. */
export type CodexCall = Readonly<Record<string, unknown>> & {
  readonly type: 'function_call' | 'custom_tool_call'
}

/**
 * Turns an action into a tool of Codex. Models that it knows as of `gpt-5.5` get `exec_command` and the patch format of
 * `apply_patch`; newer ones (`codeMode`) one tool `exec`, to which they send JavaScript that calls these two.
 */
export function codexTool(tool: ModelTool, codeMode: boolean): CodexCall {
  if ('name' in tool)
    return call({ type: 'function_call', name: tool.name, arguments: JSON.stringify(tool.input) })
  const patch = patchOf(tool)
  const cmd = 'shell' in tool ? tool.shell : 'read' in tool ? `cat ${quoted(tool.read.path)}` : ''
  if (codeMode) {
    const input =
      patch === null
        ? `text(await tools.exec_command({ cmd: ${JSON.stringify(cmd)} }));\n`
        : `text(await tools.apply_patch(${JSON.stringify(patch)}));\n`
    return call({ type: 'custom_tool_call', name: 'exec', input })
  }
  return patch === null
    ? call({ type: 'function_call', name: 'exec_command', arguments: JSON.stringify({ cmd }) })
    : call({ type: 'custom_tool_call', name: 'apply_patch', input: patch })
}

function call(of: CodexCall): CodexCall {
  return { id: `item_${randomUUID()}`, call_id: `call_${randomUUID()}`, status: 'completed', ...of }
}

function patchOf(tool: ModelTool): string | null {
  if ('write' in tool) {
    const added = lines(tool.write.content, '+')
    return `*** Begin Patch\n*** Add File: ${tool.write.path}\n${added}\n*** End Patch\n`
  }
  if ('edit' in tool) {
    const { path: file, old, new: replacement } = tool.edit
    return `*** Begin Patch\n*** Update File: ${file}\n@@\n${lines(old, '-')}\n${lines(replacement, '+')}\n*** End Patch\n`
  }
  return null
}

function lines(text: string, mark: string): string {
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => `${mark}${line}`)
    .join('\n')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
