import { randomUUID } from 'node:crypto'
import path from 'node:path'
import type { ModelStep, ModelTool } from '../script.ts'
import {
  frame,
  pieces,
  type Asked,
  type ModelBody,
  type Protocol,
  type Refusal,
  type Turn,
} from './Protocol.ts'

/** OpenAI's Chat Completions API with the tools of OpenCode. A request that offers no tools gets no tool calls. */
export const CHAT: Protocol = {
  speaks: (pathname) => pathname.endsWith('/chat/completions'),
  read,
  answer: (step, asked) => {
    const base = { id: `chatcmpl-${randomUUID()}`, created: 0, model: asked.model }
    const tools = asked.hasTools ? (step.tools ?? []) : []
    const calls = tools.map((tool, index) => ({
      index,
      id: `call_${randomUUID()}`,
      type: 'function',
      function: call(tool, asked.folder),
    }))
    const finish_reason = calls.length > 0 ? 'tool_calls' : 'stop'
    const message = {
      role: 'assistant',
      content: step.text ?? null,
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
    }
    const usage = usageOf(step)
    const chunk = (choices: readonly unknown[], more: object = {}): string =>
      frame({ ...base, object: 'chat.completion.chunk', choices, ...more })
    const delta = (of: object, reason: string | null = null): string =>
      chunk([{ index: 0, delta: of, finish_reason: reason }])
    return {
      whole: {
        ...base,
        object: 'chat.completion',
        choices: [{ index: 0, message, finish_reason }],
        usage,
      },
      frames: [
        delta({ role: 'assistant', content: '' }),
        ...pieces(step.text ?? '').map((piece) => delta({ content: piece })),
        ...calls.map((one) => delta({ tool_calls: [one] })),
        delta({}, finish_reason),
        chunk([], { usage }),
        'data: [DONE]\n\n',
      ],
    }
  },
  error,
  wrongKey: () => error(401, 'Incorrect API key provided.'),
}

interface Message {
  readonly role: string
  readonly content?: string | null | readonly { readonly text?: string }[]
}

function read(body: ModelBody): Asked {
  const messages = (body.messages ?? []) as readonly Message[]
  const tools = body['tools']
  return {
    model: typeof body['model'] === 'string' ? body['model'] : 'scripted',
    stream: body['stream'] === true,
    turns: messages
      .filter(({ role }) => role !== 'system' && role !== 'developer')
      .map(({ role, content }): Turn => ({
        role: role === 'assistant' ? 'assistant' : 'user',
        texts: role === 'user' ? textsOf(content) : [],
      })),
    folder: /Working directory: (\/.*?)(?:\\n|"|<)/i.exec(JSON.stringify(messages))?.[1] ?? null,
    hasTools: Array.isArray(tools) && tools.length > 0,
  }
}

function textsOf(content: Message['content']): readonly string[] {
  if (typeof content === 'string') return [content]
  return (content ?? []).map((part) => part.text ?? '')
}

/** An action as a tool of OpenCode, whose file tools want absolute paths. */
function call(tool: ModelTool, folder: string | null): unknown {
  const absolute = (file: string): string => (folder === null ? file : path.resolve(folder, file))
  const named = (name: string, args: unknown): unknown => ({ name, arguments: JSON.stringify(args) })
  if ('write' in tool) {
    return named('write', { filePath: absolute(tool.write.path), content: tool.write.content })
  }
  if ('edit' in tool) {
    const { path: file, old, new: replacement } = tool.edit
    return named('edit', { filePath: absolute(file), oldString: old, newString: replacement })
  }
  if ('read' in tool) return named('read', { filePath: absolute(tool.read.path) })
  if ('shell' in tool) return named('bash', { command: tool.shell, description: 'Run a command' })
  return named(tool.name, tool.input)
}

function usageOf({ usage }: ModelStep): unknown {
  const prompt = (usage?.input ?? 100) + (usage?.cacheRead ?? 0) + (usage?.cacheWrite ?? 0)
  const output = usage?.output ?? 20
  return {
    prompt_tokens: prompt,
    completion_tokens: output,
    total_tokens: prompt + output,
    prompt_tokens_details: { cached_tokens: usage?.cacheRead ?? 0 },
    completion_tokens_details: { reasoning_tokens: usage?.reasoning ?? 0 },
  }
}

function error(status: number, message: string, type = 'scripted_error'): Refusal {
  const codes: Readonly<Record<number, string>> = { 401: 'invalid_api_key', 429: 'rate_limit_exceeded' }
  return { status, body: { error: { type, code: codes[status] ?? null, message, param: null } } }
}
