import { expect, test } from 'vitest'
import { witness } from '../../test/helpers.ts'
import { ClaudeStream } from './ClaudeStream.ts'
import { claudeOutcome } from './outcome.ts'

const result = (parts: object): string =>
  JSON.stringify({ type: 'result', subtype: 'success', is_error: false, result: 'ok', uuid: 'r1', ...parts })

const used = (inputTokens: number, costUSD: number): object => ({ inputTokens, outputTokens: 1, costUSD })

function feed(...lines: readonly string[]) {
  const seen = witness()
  const stream = new ClaudeStream(seen, () => 0)
  for (const line of lines) stream.accept(line)
  return { seen, stream }
}

function judge(stream: ClaudeStream, structured = false) {
  return claudeOutcome({
    end: { exitCode: 0, signal: null, stderr: '' },
    facts: stream.facts,
    total: stream.ledger.close(),
    sessionId: 's',
    model: null,
    structured,
  })
}

test('[AG5] unknown events change nothing; lines that are no events are counted', () => {
  const { stream, seen } = feed('{"type":"something_new","x":1}', 'Warning: hello', '', '[]', '{"type":7}')
  expect(stream.facts).toMatchObject({ unreadableLines: 3, firstUnreadable: 'Warning: hello', result: null })
  expect(seen.activity).toEqual([])
  expect(() => judge(stream)).toThrow(expect.objectContaining({ code: 'AGENT_PROTOCOL' }))
})

test('[AG7] the results of several turns of one process add up', () => {
  const { stream } = feed(
    result({ model_usage_since_last_result: { m: used(10, 0.01) }, total_cost_usd: 5 }),
    result({ model_usage_since_last_result: { m: used(20, 0.02), n: used(1, 0.5) }, total_cost_usd: 5.5 }),
  )
  const { usage, costUsd } = judge(stream)
  expect(usage).toMatchObject({ inputTokens: 31, outputTokens: 3 })
  expect(costUsd).toBeCloseTo(0.53, 9)
})

test('[AG7] what no call accounted for is one closing record per model', () => {
  const { stream, seen } = feed(
    result({ model_usage_since_last_result: { 'model-x': used(10, 0.01) }, total_cost_usd: 0.01 }),
  )
  judge(stream)
  expect(seen.usage).toEqual([
    {
      inputTokens: 10,
      outputTokens: 1,
      cachedReadTokens: 0,
      cachedWriteTokens: 0,
      reasoningTokens: 0,
      provider: 'anthropic',
      model: 'model-x',
      costUsd: 0.01,
      priceSource: 'claude-code',
      latencyMs: null,
      callId: 'r1:model-x',
    },
  ])
})

test('[AG7] a call under another spelling of its model is not counted twice', () => {
  const call = {
    type: 'assistant',
    message: { id: 'm1', model: 'claude-sonnet-4-5-20250929', content: [], usage: { input_tokens: 10 } },
  }
  const finished = {
    type: 'stream_event',
    api_message_id: 'm1',
    event: { type: 'message_delta', usage: { output_tokens: 4 } },
  }
  const { stream, seen } = feed(
    JSON.stringify(call),
    JSON.stringify(finished),
    result({
      model_usage_since_last_result: { alias: { inputTokens: 10, outputTokens: 4, costUSD: 0.00009 } },
    }),
  )
  judge(stream)
  expect(seen.usage.map(({ callId }) => callId)).toEqual(['m1'])
})

test('[AG7] versions that do not count by result are taken at their process totals', () => {
  const { stream } = feed(result({ usage: { input_tokens: 7, output_tokens: 2 }, total_cost_usd: 0.25 }))
  expect(judge(stream)).toMatchObject({ usage: { inputTokens: 7, outputTokens: 2 }, costUsd: 0.25 })
})

test('[AG8] the structured answer is the tool call, else JSON in the words', () => {
  const from = (parts: object): unknown => judge(feed(result(parts)).stream, true).output
  expect(from({ structured_output: { a: 1 } })).toEqual({ a: 1 })
  expect(from({ result: '{"a":2}' })).toEqual({ a: 2 })
  expect(from({ result: 'Here:\n```json\n{"a":3}\n```' })).toEqual({ a: 3 })
  expect(from({ result: 'no' })).toBeUndefined()
})

test('[AG5] sub-agents are shown by their tools, not by their words', () => {
  const speaks = {
    type: 'assistant',
    parent_tool_use_id: 't1',
    message: {
      id: 'm',
      model: 'x',
      content: [
        { type: 'text', text: 'inner' },
        { type: 'tool_use', name: 'Bash', input: { command: 'ls\n  -la' } },
      ],
      usage: {},
    },
  }
  const { seen, stream } = feed(JSON.stringify(speaks))
  expect(seen.activity).toEqual([{ kind: 'tool', text: '↳ Bash ls -la' }])
  expect(stream.facts.lastText).toBe('')
})

test('[AG31] the end of a limit that the program states reaches the error', () => {
  const limit = { status: 'rejected', resetsAt: 1_795_600_000, rateLimitType: 'seven_day_opus' }
  const { stream } = feed(
    JSON.stringify({ type: 'rate_limit_event', rate_limit_info: { status: 'allowed', resetsAt: 5 } }),
    JSON.stringify({ type: 'rate_limit_event', rate_limit_info: limit }),
    result({ is_error: true, result: 'You have hit your session limit', api_error_status: 429 }),
  )
  const details = { kind: 'quota', resetAt: '2026-11-25T09:46:40.000Z', quotaModel: 'opus' }
  expect(() => judge(stream)).toThrow(
    expect.objectContaining({ code: 'AGENT_PROVIDER_OVERLOADED', details: expect.objectContaining(details) }),
  )
})
