import { readdirSync, readFileSync } from 'node:fs'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { describe, expect, test } from 'vitest'
import { sumOf, witness } from '../../test/helpers.ts'
import { ClaudeStream } from './ClaudeStream.ts'
import { claudeOutcome } from './outcome.ts'

const FOLDER = new URL('../../fixtures/claude/', import.meta.url)

/** How the recorded session of each name must be judged. */
const VERDICTS: Readonly<Record<string, string>> = {
  hello: 'success',
  resume: 'success',
  partial: 'success',
  thinking: 'success',
  'two-tools': 'success',
  'failing-command': 'success',
  'permission-mode-plan': 'success',
  'rate-limit-twice': 'success',
  badkey: 'AGENT_NOT_SIGNED_IN',
  'no-key': 'AGENT_NOT_SIGNED_IN',
  bad400: 'AGENT_FAILED',
  nomodel404: 'AGENT_FAILED',
  'bad-flag': 'AGENT_PROTOCOL',
  'rate-limit-forever': 'AGENT_PROVIDER_OVERLOADED',
  'error-500': 'AGENT_PROVIDER_OVERLOADED',
  noserver: 'AGENT_PROVIDER_OVERLOADED',
  'stream-cut': 'AGENT_PROVIDER_OVERLOADED',
  'max-turns': 'AGENT_LIMIT_REACHED',
  'max-budget': 'AGENT_LIMIT_REACHED',
  'resume-unknown': 'AGENT_SESSION_NOT_FOUND',
  'signal-SIGINT': 'AGENT_FAILED',
  'signal-in-model-SIGINT': 'AGENT_FAILED',
  'signal-SIGTERM': 'AGENT_FAILED',
  'signal-SIGKILL': 'AGENT_FAILED',
}

interface Meta {
  readonly code: number | null
  readonly signal: string | null
  readonly stderr: string
  readonly sessionId: string | null
}

function play(name: string) {
  const meta = JSON.parse(readFileSync(new URL(`${name}.meta.json`, FOLDER), 'utf8')) as Meta
  const lines = readFileSync(new URL(`${name}.jsonl`, FOLDER), 'utf8').split('\n')
  const seen = witness()
  const stream = new ClaudeStream(seen, () => 0)
  for (const line of lines) stream.accept(line)
  const total = stream.ledger.close()
  const judge = () =>
    claudeOutcome({
      end: { exitCode: meta.code, signal: meta.signal, stderr: meta.stderr },
      facts: stream.facts,
      total,
      sessionId: meta.sessionId ?? 'none',
      model: null,
      structured: false,
    })
  return { seen, stream, total, judge, meta }
}

describe('recorded sessions of Claude Code 2.1.329', () => {
  test('every recording has a verdict', () => {
    const names = readdirSync(FOLDER).filter((name) => name.endsWith('.jsonl'))
    expect(names.map((name) => name.replace('.jsonl', '')).toSorted()).toEqual(
      Object.keys(VERDICTS).toSorted(),
    )
  })

  test.each(Object.entries(VERDICTS))('[AG6] %s is %s', (name, verdict) => {
    const { judge, stream } = play(name)
    expect(stream.facts.unreadableLines).toBe(0)
    let ended = 'success'
    try {
      judge()
    } catch (error) {
      if (!WorkflowError.is(error)) throw error
      ended = error.code
      expect(error.details).toMatchObject({ agent: 'claude' })
    }
    expect(ended).toBe(verdict)
  })

  test.each(['hello', 'resume', 'partial', 'max-budget', 'max-turns'])(
    '[AG7] the usage records of %s add up to its result',
    (name) => {
      const { seen, total } = play(name)
      const { inputTokens, outputTokens, cachedReadTokens, cachedWriteTokens } = total.tokens
      expect(sumOf(seen.usage)).toEqual({
        input: inputTokens,
        output: outputTokens,
        read: cachedReadTokens,
        write: cachedWriteTokens,
      })
      const cost = seen.usage.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0)
      expect(cost).toBeCloseTo(total.costUsd ?? -1, 6)
      expect(new Set(seen.usage.map(({ callId }) => callId)).size).toBe(seen.usage.length)
    },
  )

  test('[AG7] a resumed session counts only what it used itself', () => {
    expect(play('resume').total).toMatchObject({
      tokens: { inputTokens: 65, outputTokens: 47, cachedReadTokens: 9750, cachedWriteTokens: 150 },
      costUsd: 0.0043875,
    })
  })

  test('[AG7] a call that was cut off counts with what is known of it', () => {
    const { seen } = play('signal-SIGKILL')
    expect(seen.usage).toHaveLength(1)
    expect(seen.usage[0]).toMatchObject({
      inputTokens: 100,
      provider: 'anthropic',
      model: 'claude-sonnet-4-5',
    })
  })

  test('[AG6] the error carries the words of the program', () => {
    expect(() => play('badkey').judge()).toThrow(/Invalid API key/)
    expect(() => play('bad-flag').judge()).toThrow(/unknown option '--no-such-flag'/)
    expect(() => play('max-turns').judge()).toThrow(/maximum number of turns \(3\)/)
  })

  test('[AG5] activity names texts, tools and notices', () => {
    expect(play('hello').seen.activity).toEqual([
      { kind: 'text', text: 'I will create hello.txt.' },
      { kind: 'tool', text: 'Write /project/hello.txt' },
      { kind: 'text', text: 'Done: hello.txt contains hi.' },
    ])
    expect(play('rate-limit-twice').seen.activity[0]).toEqual({
      kind: 'notice',
      text: 'The model did not answer (429 rate_limit); retry 1 of 2',
    })
  })

  test.each([
    ['rate-limit-forever', 'rate-limited'],
    ['error-500', 'overloaded'],
    ['badkey', 'bad-key'],
    ['nomodel404', 'model-unknown'],
    ['bad400', null],
  ])('[AG31] %s is of kind %s', (name, kind) => {
    expect(() => play(name).judge()).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ kind, resetAt: null }) }),
    )
  })
})
