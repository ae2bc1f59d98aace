import { randomUUID } from 'node:crypto'
import type { ModelStep } from '../script.ts'
import type { NativeTool } from './claudeTool.ts'
import { pieces } from './Protocol.ts'

/** One server-sent event. */
export interface StreamEvent {
  readonly type: string
  readonly [field: string]: unknown
}

/** An answer of the Messages API, whole and as a stream. */
export interface MessagesAnswer {
  readonly whole: Readonly<Record<string, unknown>>
  readonly stream: readonly StreamEvent[]
}

/** Makes the answer of one step; ids are new each time. Format: Anthropic Messages API, `anthropic-version` 2023-06-01. */
export function makeMessagesAnswer(
  step: ModelStep,
  tools: readonly NativeTool[],
  model: string,
): MessagesAnswer {
  const content = blocksOf(step, tools)
  const stopReason = tools.length > 0 ? 'tool_use' : 'end_turn'
  const usage = usageOf(step)
  const message = { id: id('msg'), type: 'message', role: 'assistant', model }
  const open = { ...message, content: [], stop_reason: null, stop_sequence: null }
  return {
    whole: { ...message, content, stop_reason: stopReason, stop_sequence: null, usage },
    stream: [
      // The first numbers of a stream know nothing of the output yet.
      { type: 'message_start', message: { ...open, usage: { ...usage, output_tokens: 1 } } },
      ...content.flatMap(blockEvents),
      { type: 'message_delta', delta: { stop_reason: stopReason, stop_sequence: null }, usage },
      { type: 'message_stop' },
    ],
  }
}

type Block = Readonly<Record<string, unknown>> & { readonly type: string }

function blocksOf(step: ModelStep, tools: readonly NativeTool[]): readonly Block[] {
  const blocks: Block[] = []
  if (step.thinking !== undefined) {
    blocks.push({ type: 'thinking', thinking: step.thinking, signature: 'c2lnbmF0dXJl' })
  }
  if (step.text !== undefined) blocks.push({ type: 'text', text: step.text })
  for (const tool of tools) blocks.push({ type: 'tool_use', id: id('toolu'), ...tool })
  return blocks
}

function blockEvents(block: Block, index: number): readonly StreamEvent[] {
  const { start, deltas } = partsOf(block)
  return [
    { type: 'content_block_start', index, content_block: start },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ]
}

function partsOf(block: Block): { start: unknown; deltas: readonly unknown[] } {
  switch (block.type) {
    case 'thinking':
      return {
        start: { type: 'thinking', thinking: '', signature: '' },
        deltas: [
          { type: 'thinking_delta', thinking: block['thinking'] },
          { type: 'signature_delta', signature: block['signature'] },
        ],
      }
    case 'text':
      return {
        start: { type: 'text', text: '' },
        deltas: pieces(String(block['text'])).map((text) => ({ type: 'text_delta', text })),
      }
    default:
      return {
        start: { ...block, input: {} },
        deltas: [{ type: 'input_json_delta', partial_json: JSON.stringify(block['input']) }],
      }
  }
}

function usageOf({ usage }: ModelStep): Readonly<Record<string, unknown>> {
  return {
    input_tokens: usage?.input ?? 100,
    output_tokens: usage?.output ?? 20,
    cache_read_input_tokens: usage?.cacheRead ?? 0,
    cache_creation_input_tokens: usage?.cacheWrite ?? 0,
    cache_creation: { ephemeral_5m_input_tokens: usage?.cacheWrite ?? 0, ephemeral_1h_input_tokens: 0 },
    service_tier: 'standard',
  }
}

function id(prefix: string): string {
  return `${prefix}_${randomUUID().replaceAll('-', '').slice(0, 24)}`
}
