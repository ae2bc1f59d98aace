import { readdirSync, readFileSync } from 'node:fs'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { describe, expect, test } from 'vitest'
import { witness } from '../../test/helpers.ts'
import { CodexStream } from './CodexStream.ts'
import { codexOutcome } from './outcome.ts'
import { refusalsIn } from './refusals.ts'
import { NO_TOKENS } from '../programs/tokenCounts.ts'

const FOLDER = new URL('../../fixtures/codex/', import.meta.url)

/** How the recorded session of each name must be judged. */
const VERDICTS: Readonly<Record<string, string>> = {
  hello: 'success',
  resume: 'success',
  thinking: 'success',
  'failing-command': 'success',
  'plan-refused': 'success',
  'rate-limit-once': 'success',
  badkey: 'AGENT_NOT_SIGNED_IN',
  'no-key': 'AGENT_NOT_SIGNED_IN',
  bad400: 'AGENT_FAILED',
  'context-too-long': 'AGENT_FAILED',
  nomodel404: 'AGENT_FAILED',
  'bad-flag': 'AGENT_PROTOCOL',
  'insufficient-quota': 'AGENT_FAILED',
  'rate-limit-forever': 'AGENT_PROVIDER_OVERLOADED',
  'usage-limit': 'AGENT_PROVIDER_OVERLOADED',
  'error-500': 'AGENT_PROVIDER_OVERLOADED',
  'error-503': 'AGENT_PROVIDER_OVERLOADED',
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
  readonly sessionId: string | null
}

function play(name: string) {
  const meta = JSON.parse(readFileSync(new URL(`${name}.meta.json`, FOLDER), 'utf8')) as Meta
  const seen = witness()
  const stream = new CodexStream(seen, (threadId) => seen.onSession(threadId))
  for (const line of readFileSync(new URL(`${name}.jsonl`, FOLDER), 'utf8').split('\n')) stream.accept(line)
  const { facts } = stream
  const end = { exitCode: meta.code, signal: meta.signal, stderr: meta.stderr }
  const judge = (structured = false) =>
    codexOutcome({ end, facts, sessionId: meta.sessionId, model: 'gpt-5.5', usage: NO_TOKENS, structured })
  return { seen, facts, meta, judge }
}

describe('recorded sessions of Codex 0.169.0', () => {
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
      expect(error.details).toMatchObject({ agent: 'codex' })
    }
    expect(ended).toBe(verdict)
  })

  test('[AG6] the error carries the words of the program, and of the provider where it hands them through', () => {
    expect(() => play('badkey').judge()).toThrow(/401 Unauthorized: Incorrect API key provided/)
    expect(() => play('bad400').judge()).toThrow(/It said: scripted bad request$/)
    expect(() => play('bad-flag').judge()).toThrow(/It said: error: unexpected argument '--no-such-flag'/)
    expect(() => play('resume-unknown').judge()).toThrow(/has no session/)
  })

  test('[AG6] a completed turn is no success when the program failed, nor exit code 0 without one', () => {
    const { facts, meta } = play('hello')
    const ended = { facts, sessionId: meta.sessionId, model: null, usage: NO_TOKENS, structured: false }
    const end = { exitCode: 1, signal: null, stderr: '' }
    expect(() => codexOutcome({ ...ended, end })).toThrow(/reported success but left with exit code 1/)
    const stream = new CodexStream(witness(), () => {})
    const silent = { ...ended, facts: stream.facts, end: { ...end, exitCode: 0 } }
    expect(() => codexOutcome(silent)).toThrow(/before it completed its turn/)
    for (const line of ['Welcome!', '{"type":7}', '{"type":"turn.begun"}']) stream.accept(line)
    expect(() => codexOutcome({ ...silent, facts: stream.facts })).toThrow(
      expect.objectContaining({ code: 'AGENT_PROTOCOL', message: expect.stringContaining('2 lines') }),
    )
  })

  test('[AG2] [AG5] the session is told as soon as it is said; texts, tools and notices as they come', () => {
    const { seen, meta } = play('hello')
    expect(seen.sessions).toEqual([meta.sessionId])
    expect(seen.activity).toEqual([
      { kind: 'text', text: 'I will create hello.txt.' },
      { kind: 'tool', text: 'Edit /project/hello.txt' },
      { kind: 'text', text: 'Done: hello.txt contains hi.' },
    ])
    expect(play('failing-command').seen.activity[1]).toEqual({
      kind: 'tool',
      text: 'Run echo oops >&2; exit 3',
    })
    expect(play('rate-limit-once').seen.activity[0]).toMatchObject({
      kind: 'notice',
      text: expect.stringMatching(/^Reconnecting... 1\/1 .*429/),
    })
  })

  test('[AG4] a refused call makes no event; the line on standard error tells it', () => {
    const { seen, meta } = play('plan-refused')
    expect(seen.activity.map(({ kind }) => kind)).toEqual(['text', 'text'])
    expect(refusalsIn(meta.stderr)).toEqual([expect.stringContaining('Refused: patch rejected')])
  })

  test('[AG8] a structured answer is the JSON of the last words', () => {
    const stream = new CodexStream(witness(), () => {})
    stream.accept('{"type":"item.completed","item":{"id":"1","type":"agent_message","text":"{\\"a\\":1}"}}')
    stream.accept('{"type":"turn.completed","usage":{}}')
    const end = { exitCode: 0, signal: null, stderr: '' }
    const ended = { end, facts: stream.facts, sessionId: 's', model: null, usage: NO_TOKENS }
    expect(codexOutcome({ ...ended, structured: true }).output).toEqual({ a: 1 })
    expect(codexOutcome({ ...ended, structured: false }).output).toBeUndefined()
  })

  test.each([
    ['rate-limit-forever', 'rate-limited', null],
    ['usage-limit', 'quota', new Date(2026, 10, 25, 9, 47).toISOString()],
    ['insufficient-quota', 'quota', null],
    ['error-500', 'overloaded', null],
    ['error-503', 'overloaded', null],
    ['badkey', 'bad-key', null],
    ['no-key', 'bad-key', null],
    ['nomodel404', 'model-unknown', null],
    ['context-too-long', 'context-too-long', null],
    ['noserver', 'unreachable', null],
    ['stream-cut', 'unreachable', null],
    ['bad400', null, null],
    ['signal-SIGTERM', null, null],
  ])('[AG31] %s is of kind %s', (name, kind, resetAt) => {
    expect(() => play(name).judge()).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ kind, resetAt }) }),
    )
  })
})
