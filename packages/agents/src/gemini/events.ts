import { number, object, text, type Fields } from '../programs/fields.ts'

/**
 * Events of `gemini --output-format stream-json`, one JSON object a line, as Gemini CLI 0.61.0 prints
 * them. Only the fields that are read here are named; all others are let through.
 */
export type GeminiEvent =
  | { readonly type: 'init'; readonly model: string | null }
  /** A piece of the model's text; pieces follow each other until another event comes. */
  | { readonly type: 'text'; readonly piece: string }
  | { readonly type: 'tool_use'; readonly name: string; readonly parameters: Fields }
  | { readonly type: 'tool_failed'; readonly message: string }
  | { readonly type: 'result'; readonly result: GeminiResult }
  /** The prompt, results of tools, and whatever later versions add. */
  | { readonly type: 'other' }

/** The last event. A process that is ended by SIGTERM or SIGINT leaves with 0 and without one. */
export interface GeminiResult {
  readonly isError: boolean
  /** Null when it is no error. */
  readonly message: string | null
  /** ISO time. */
  readonly timestamp: string
  /** Totals of this process by model. */
  readonly models: Readonly<Record<string, GeminiTotal>>
}

/** Tokens as the result counts them: the prompt contains what came from the cache, the total the thoughts. */
export interface GeminiTotal {
  readonly prompt: number
  readonly cached: number
  readonly output: number
  readonly total: number
}

/** Reads one line; null when it is no event (not JSON, or no object with a `type`). */
export function parseGeminiEvent(line: string): GeminiEvent | null {
  const fields = parse(line)
  if (fields === null) return null
  switch (fields['type']) {
    case 'init':
      return { type: 'init', model: text(fields['model']) }
    case 'message':
      if (fields['role'] !== 'assistant') return { type: 'other' }
      return { type: 'text', piece: text(fields['content']) ?? '' }
    case 'tool_use':
      return {
        type: 'tool_use',
        name: text(fields['tool_name']) ?? 'tool',
        parameters: object(fields['parameters']) ?? {},
      }
    case 'tool_result': {
      // A shell command that fails is reported as a success: what it says is for the model.
      if (fields['status'] !== 'error') return { type: 'other' }
      const message = text(object(fields['error'])?.['message']) ?? text(fields['output']) ?? 'a tool failed'
      return { type: 'tool_failed', message }
    }
    case 'result':
      return { type: 'result', result: resultOf(fields) }
    default:
      return typeof fields['type'] === 'string' ? { type: 'other' } : null
  }
}

function parse(line: string): Fields | null {
  try {
    return object(JSON.parse(line))
  } catch {
    return null
  }
}

function resultOf(fields: Fields): GeminiResult {
  const models = object(object(fields['stats'])?.['models']) ?? {}
  const isError = fields['status'] !== 'success'
  return {
    isError,
    message: isError ? (text(object(fields['error'])?.['message']) ?? '') : null,
    timestamp: text(fields['timestamp']) ?? '',
    models: Object.fromEntries(
      Object.entries(models).map(([model, of]) => [model, totalOf(object(of) ?? {})]),
    ),
  }
}

function totalOf(of: Fields): GeminiTotal {
  return {
    prompt: number(of['input_tokens']) ?? 0,
    cached: number(of['cached']) ?? 0,
    output: number(of['output_tokens']) ?? 0,
    total: number(of['total_tokens']) ?? 0,
  }
}
