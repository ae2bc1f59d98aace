import { readdirSync, readFileSync } from 'node:fs'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { describe, expect, test } from 'vitest'
import { sumOf, witness } from '../../test/helpers.ts'
import { GeminiStream } from './GeminiStream.ts'
import { geminiOutcome } from './outcome.ts'
import { reportUsage } from './usage.ts'

const FOLDER = new URL('../../fixtures/gemini/', import.meta.url)

/** How the recorded session of each name must be judged. */
const VERDICTS: Readonly<Record<string, string>> = {
  hello: 'success',
  resume: 'success',
  'failing-command': 'success',
  plan: 'success',
  'bad-key': 'AGENT_NOT_SIGNED_IN',
  'no-key': 'AGENT_NOT_SIGNED_IN',
  bad400: 'AGENT_FAILED',
  nomodel404: 'AGENT_FAILED',
  'session-exists': 'AGENT_FAILED',
  'rate-limit-forever': 'AGENT_PROVIDER_OVERLOADED',
  'error-500': 'AGENT_PROVIDER_OVERLOADED',
  noserver: 'AGENT_PROVIDER_OVERLOADED',
  'stream-cut': 'AGENT_PROVIDER_OVERLOADED',
  'resume-unknown': 'AGENT_SESSION_NOT_FOUND',
  'signal-SIGTERM': 'AGENT_FAILED',
  'signal-SIGKILL': 'AGENT_FAILED',
}

interface Meta {
  readonly code: number | null
  readonly signal: string | null
  readonly stderr: string
  readonly sessionId: string
}

function play(name: string) {
  const meta = JSON.parse(readFileSync(new URL(`${name}.meta.json`, FOLDER), 'utf8')) as Meta
  const seen = witness()
  const stream = new GeminiStream(seen)
  for (const line of readFileSync(new URL(`${name}.jsonl`, FOLDER), 'utf8').split('\n')) stream.accept(line)
  stream.end()
  const { facts } = stream
  const { sessionId } = meta
  const usage = reportUsage([], { result: facts.result, sessionId }, (record) => seen.onUsage(record))
  const end = { exitCode: meta.code, signal: meta.signal, stderr: meta.stderr }
  const judge = () => geminiOutcome({ end, facts, usage, sessionId, structured: false })
  return { seen, facts, usage, meta, judge }
}

describe('recorded sessions of Gemini CLI 0.61.0', () => {
  test('every recording has a verdict', () => {
    const names = readdirSync(FOLDER).filter((name) => name.endsWith('.jsonl'))
    expect(names.map((name) => name.replace('.jsonl', '')).toSorted()).toEqual(
      Object.keys(VERDICTS).toSorted(),
    )
  })

  test.each(Object.entries(VERDICTS))('[AG6] %s is %s', (name, verdict) => {
    const { judge, facts } = play(name)
    expect(facts.unreadableLines).toBe(0)
    let ended = 'success'
    try {
      judge()
    } catch (error) {
      if (!WorkflowError.is(error)) throw error
      ended = error.code
      expect(error.details).toMatchObject({ agent: 'gemini' })
    }
    expect(ended).toBe(verdict)
  })

  test('[AG6] exit code 0 after SIGTERM is no success, and a status survives in eight bits of the code', () => {
    expect(play('signal-SIGTERM').meta.code).toBe(0)
    expect(() => play('signal-SIGTERM').judge()).toThrow(/interrupted before it gave a result/)
    expect(play('rate-limit-forever').meta.code).toBe(429 & 255)
    expect(() => play('rate-limit-forever').judge()).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ status: 429 }) }),
    )
    expect(() => play('session-exists').judge()).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ sessionExists: true }) }),
    )
  })

  test('[AG6] the error carries the words of the program', () => {
    expect(() => play('bad-key').judge()).toThrow(/API key not valid/)
    expect(() => play('bad400').judge()).toThrow(/scripted bad request/)
    expect(() => play('no-key').judge()).toThrow(/GEMINI_API_KEY/)
  })

  test('[AG7] the totals of a result are those of this process, thoughts are output, and cost is unknown', () => {
    const { usage, seen } = play('hello')
    expect(usage).toEqual({
      inputTokens: 150,
      outputTokens: 64,
      cachedReadTokens: 8700,
      cachedWriteTokens: 0,
      reasoningTokens: 7,
    })
    expect(seen.usage).toMatchObject([{ provider: 'google', costUsd: null, priceSource: null }])
    expect(play('resume').usage).toMatchObject({ inputTokens: 65, outputTokens: 47, cachedReadTokens: 9750 })
    expect(play('signal-SIGKILL').seen.usage).toEqual([])
  })

  test('[AG7] calls are reported under their own ids, and what the result counts beyond them as one record', () => {
    const { facts } = play('hello')
    const seen = witness()
    const tokens = { input: 4120, cached: 4000, output: 45, thoughts: 5, tool: 3 }
    const calls = [{ id: 'one', model: 'gemini-2.5-flash', tokens }]
    const usage = reportUsage(calls, { result: facts.result, sessionId: 's' }, (of) => seen.onUsage(of))
    expect(seen.usage.map((of) => [of.callId?.slice(0, 3), of.inputTokens, of.outputTokens])).toEqual([
      ['one', 123, 50],
      ['s:2', 30, 11],
    ])
    expect(sumOf(seen.usage)).toMatchObject({ input: usage.inputTokens, output: usage.outputTokens })
  })

  test('[AG5] activity names texts, tools and notices', () => {
    expect(play('hello').seen.activity).toEqual([
      { kind: 'text', text: 'I will create hello.txt.' },
      { kind: 'tool', text: 'write_file /project/hello.txt' },
      { kind: 'text', text: 'Done: hello.txt contains hi.' },
    ])
    expect(play('plan').seen.activity[2]).toMatchObject({
      kind: 'notice',
      text: expect.stringContaining('Access denied'),
    })
  })

  test.each([
    ['rate-limit-forever', 'rate-limited'],
    ['error-500', 'overloaded'],
    ['bad-key', 'bad-key'],
    ['nomodel404', 'model-unknown'],
  ])('[AG31] %s is of kind %s', (name, kind) => {
    expect(() => play(name).judge()).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ kind, resetAt: null }) }),
    )
  })
})
