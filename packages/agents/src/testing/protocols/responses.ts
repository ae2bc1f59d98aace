import { randomUUID } from 'node:crypto'
import type { ModelStep } from '../script.ts'
import { codexTool, type CodexCall } from './codexTool.ts'
import {
  frame,
  pieces,
  type Answer,
  type Asked,
  type ModelBody,
  type Protocol,
  type Refusal,
  type Turn,
} from './Protocol.ts'

/** OpenAI's Responses API with the tools of Codex. */
export const RESPONSES: Protocol = {
  speaks: (pathname) => pathname.endsWith('/v1/responses'),
  read,
  answer: (step, asked) =>
    answerOf(
      step,
      asked,
      (step.tools ?? []).map((tool) => codexTool(tool, asked.codeMode === true)),
    ),
  error,
  wrongKey: () => error(401, 'Incorrect API key provided.'),
}

type Item = Readonly<Record<string, unknown>> & { readonly type?: string }

function read(body: ModelBody): Asked {
  const input = body['input']
  const items = (
    typeof input === 'string' ? [{ role: 'user', content: input }] : (input ?? [])
  ) as readonly Item[]
  return {
    model: typeof body['model'] === 'string' ? body['model'] : 'scripted',
    stream: body['stream'] === true,
    turns: items.map(turnOf).filter((turn) => turn !== null),
    folder: /<cwd>(\/.*?)<\/cwd>/.exec(JSON.stringify(items))?.[1] ?? null,
    hasTools: true,
    codeMode: offered(body, items).some(({ type, name }) => type === 'custom' && name === 'exec'),
  }
}

function turnOf(item: Item): Turn | null {
  if (item['role'] === 'user') return { role: 'user', texts: textsOf(item['content']) }
  if (item['role'] === 'assistant' || /(_call|reasoning)$/.test(item.type ?? '')) {
    return { role: 'assistant', texts: [] }
  }
  return item.type?.endsWith('_output') === true ? { role: 'user', texts: [] } : null
}

function textsOf(content: unknown): readonly string[] {
  if (typeof content === 'string') return [content]
  return ((content ?? []) as readonly { readonly text?: string }[]).map(({ text }) => text ?? '')
}

/** Tools stand in the request, or in an item of the conversation. */
function offered(body: ModelBody, items: readonly Item[]): readonly Item[] {
  const holders = [body, ...items.filter(({ type }) => type === 'additional_tools')]
  return holders.flatMap((holder) => (holder['tools'] ?? []) as readonly Item[])
}

function answerOf(step: ModelStep, asked: Asked, calls: readonly CodexCall[]): Answer {
  const output = [...itemsOf(step), ...calls]
  const base = {
    id: `resp_${randomUUID()}`,
    object: 'response',
    created_at: 0,
    model: asked.model,
    error: null,
  }
  const open = { ...base, status: 'in_progress', output: [], usage: null }
  const whole = { ...base, status: 'completed', output, usage: usageOf(step) }
  const events = [
    { type: 'response.created', response: open },
    { type: 'response.in_progress', response: open },
    ...output.flatMap(itemEvents),
    { type: 'response.completed', response: whole },
  ]
  return {
    whole,
    frames: events.map((event, sequence_number) => frame({ ...event, sequence_number }, event.type)),
  }
}

function itemsOf({ thinking, text }: ModelStep): readonly (Item & { readonly type: string })[] {
  const summary = [{ type: 'summary_text', text: thinking }]
  const content = [{ type: 'output_text', text, annotations: [] }]
  return [
    ...(thinking === undefined ? [] : [{ type: 'reasoning', id: `rs_${randomUUID()}`, summary }]),
    ...(text === undefined
      ? []
      : [{ type: 'message', id: `msg_${randomUUID()}`, status: 'completed', role: 'assistant', content }]),
  ]
}

function itemEvents(item: Item, output_index: number): readonly { readonly type: string }[] {
  const at = { item_id: item['id'], output_index, content_index: 0 }
  const said = item.type === 'message' ? (textsOf(item['content'])[0] ?? '') : ''
  const begun = { ...item, status: 'in_progress', ...(item.type === 'message' ? { content: [] } : {}) }
  return [
    { type: 'response.output_item.added', output_index, item: begun },
    ...pieces(said).map((delta) => ({ type: 'response.output_text.delta', ...at, delta })),
    { type: 'response.output_item.done', output_index, item },
  ] as readonly { readonly type: string }[]
}

/** What was written to the cache is told by newer versions of the API. */
function usageOf({ usage }: ModelStep): unknown {
  const input = (usage?.input ?? 100) + (usage?.cacheRead ?? 0) + (usage?.cacheWrite ?? 0)
  const output = usage?.output ?? 20
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: usage?.cacheRead ?? 0,
      cache_write_tokens: usage?.cacheWrite ?? 0,
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage?.reasoning ?? 0 },
    total_tokens: input + output,
  }
}

function error(status: number, message: string, type = 'scripted_error'): Refusal {
  const codes: Readonly<Record<number, string>> = { 401: 'invalid_api_key', 429: 'rate_limit_exceeded' }
  return { status, body: { error: { type, code: codes[status] ?? null, message, param: null } } }
}
