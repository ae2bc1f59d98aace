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

/** The Gemini API (`generateContent`, `streamGenerateContent`) with the tools of Gemini CLI. */
export const GEMINI: Protocol = {
  speaks: (pathname) => PATH.test(pathname),
  read,
  answer: (step, asked) => {
    const { model } = asked
    const calls = (step.tools ?? []).map((tool) => ({ functionCall: call(tool, asked.folder) }))
    const usageMetadata = usageOf(step)
    const chunk = (parts: readonly unknown[], last: boolean): unknown => ({
      candidates: [
        { content: { role: 'model', parts }, index: 0, ...(last ? { finishReason: 'STOP' } : {}) },
      ],
      modelVersion: model,
      ...(last ? { usageMetadata } : {}),
    })
    const thought = step.thinking === undefined ? [] : [{ text: step.thinking, thought: true }]
    const text = step.text === undefined ? [] : [{ text: step.text }]
    return {
      whole: chunk([...thought, ...text, ...calls], true),
      frames: [
        ...thought.map((part) => frame(chunk([part], false))),
        ...pieces(step.text ?? '').map((piece) => frame(chunk([{ text: piece }], false))),
        frame(chunk(calls.length > 0 ? calls : [{ text: '' }], true)),
      ],
    }
  },
  error,
  wrongKey: () => error(400, 'API key not valid. Please pass a valid API key.', undefined, KEY_INVALID),
}

const PATH = /\/v1(?:beta|alpha)?\/models\/([^/:]+):(streamG|g)enerateContent$/

const KEY_INVALID = [
  {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason: 'API_KEY_INVALID',
    domain: 'googleapis.com',
  },
]

interface Content {
  readonly role?: string
  readonly parts?: readonly {
    readonly text?: string
    readonly thought?: boolean
    readonly functionResponse?: unknown
  }[]
}

function read(body: ModelBody, pathname: string): Asked {
  const [, model = 'scripted', kind] = PATH.exec(pathname) ?? []
  const contents = (body['contents'] ?? []) as readonly Content[]
  return {
    model,
    stream: kind === 'streamG',
    turns: contents.map(({ role, parts }): Turn => ({
      role: role === 'model' ? 'assistant' : 'user',
      texts: (parts ?? []).map((part) => part.text ?? '').filter((text) => text !== ''),
    })),
    folder: folderIn(JSON.stringify(body)),
    hasTools: true,
  }
}

/** Gemini CLI lists its folders in the first message. */
function folderIn(everything: string): string | null {
  return /Workspace Directories:\*\*\\n\s*- (\/.*?)(?:\\n|")/.exec(everything)?.[1] ?? null
}

/** An action as a tool of Gemini CLI, whose file tools want absolute paths. */
function call(tool: ModelTool, folder: string | null): unknown {
  const absolute = (file: string): string => (folder === null ? file : path.resolve(folder, file))
  const named = (name: string, args: unknown): unknown => ({ id: `call_${randomUUID()}`, name, args })
  if ('write' in tool) {
    return named('write_file', { file_path: absolute(tool.write.path), content: tool.write.content })
  }
  if ('edit' in tool) {
    const { path: file, old, new: replacement } = tool.edit
    const instruction = 'Replace the text'
    return named('replace', {
      file_path: absolute(file),
      instruction,
      old_string: old,
      new_string: replacement,
    })
  }
  if ('read' in tool) return named('read_file', { file_path: absolute(tool.read.path) })
  if ('shell' in tool)
    return named('run_shell_command', { command: tool.shell, description: 'Run a command' })
  return named(tool.name, tool.input)
}

function usageOf({ usage }: ModelStep): Readonly<Record<string, number>> {
  const prompt = (usage?.input ?? 100) + (usage?.cacheRead ?? 0) + (usage?.cacheWrite ?? 0)
  const output = usage?.output ?? 20
  const thoughts = usage?.reasoning ?? 0
  return {
    promptTokenCount: prompt,
    cachedContentTokenCount: usage?.cacheRead ?? 0,
    candidatesTokenCount: output,
    thoughtsTokenCount: thoughts,
    totalTokenCount: prompt + output + thoughts,
  }
}

function error(status: number, message: string, type = typeOf(status), details?: unknown): Refusal {
  const body = {
    error: { code: status, status: type, message, ...(details === undefined ? {} : { details }) },
  }
  return { status, body }
}

function typeOf(status: number): string {
  const types: Readonly<Record<number, string>> = {
    400: 'INVALID_ARGUMENT',
    401: 'UNAUTHENTICATED',
    403: 'PERMISSION_DENIED',
    404: 'NOT_FOUND',
    429: 'RESOURCE_EXHAUSTED',
    503: 'UNAVAILABLE',
  }
  return types[status] ?? 'INTERNAL'
}
