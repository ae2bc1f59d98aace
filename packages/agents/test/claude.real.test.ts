import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { ModelScript } from '@holdfast/agents/testing'
import { isAlive } from '@holdfast/workspace'
import { describe, expect, test } from 'vitest'
import { PRICED_ANTHROPIC_MODELS } from '../src/prices/anthropic.ts'
import { claudeWorld, missingClaude as reason, MODEL, pidIn } from './claudeWorld.ts'
import { keptSession, leftOf, rejection, sumOf, transcriptOf } from './helpers.ts'

if (reason !== '') process.stderr.write(`Skipping the tests against Claude Code: ${reason}\n`)

const SCRIPT: ModelScript = {
  rules: [
    {
      when: 'say hello in a file',
      steps: [
        {
          text: 'I write it.',
          tools: [{ write: { path: 'hello.txt', content: 'hi\n' } }],
          usage: { input: 120, output: 45, cacheRead: 4000, cacheWrite: 600 },
        },
        { text: 'Written.', usage: { input: 30, output: 12, cacheRead: 4700, cacheWrite: 80 } },
      ],
    },
    {
      when: 'now greet louder',
      steps: [
        { tools: [{ read: { path: 'hello.txt' } }], usage: { input: 40, output: 10 } },
        { tools: [{ edit: { path: 'hello.txt', old: 'hi', new: 'HI' } }], usage: { input: 50, output: 20 } },
        { text: 'Louder.', usage: { input: 60, output: 5 } },
      ],
    },
    { when: 'which colour', steps: [{ tools: [{ name: 'StructuredOutput', input: { colour: 'red' } }] }] },
    { when: 'too much', steps: [{ error: { status: 529, message: 'Overloaded' } }] },
    { when: 'limited', steps: [{ error: { status: 429, message: 'slow down' } }] },
    { when: 'a moment please', steps: [{ error: { status: 429, times: 1 }, text: 'Here.' }] },
    {
      when: 'run a command',
      steps: [{ tools: [{ shell: "sh -c 'echo ran > ran.txt'" }] }, { text: 'Ran.' }],
    },
    { when: 'no model', steps: [{ error: { status: 404, message: 'model: nope' } }] },
    { when: 'lost line', steps: [{ text: 'half of an ans', cut: true }] },
    {
      when: 'again and again',
      steps: Array.from({ length: 9 }, (_, index) => ({ tools: [{ shell: `echo ${index}` }] })),
    },
    {
      when: 'long work',
      steps: [
        {
          text: 'Working.',
          tools: [{ shell: 'echo $$ > tool.pid; sleep 600' }],
          usage: { input: 77, output: 33 },
        },
        { text: 'Worked.' },
      ],
    },
    { when: 'where were we', steps: [{ text: 'Going on.', usage: { input: 11, output: 7 } }] },
    { when: 'held', steps: [{ text: 'Let go.', hold: 'gate' }] },
    { when: '--version', steps: [{ text: 'That was no flag.' }] },
  ],
}

// Outside CI a machine without network cannot install the program; under CI `ensureClaude` throws instead.
describe.skipIf(reason !== '')(`Claude Code itself${reason === '' ? '' : ` (skipped: ${reason})`}`, () => {
  test('[AG2] edits a file, and resumes the session for another edit', async () => {
    const { run, cwd } = await setUp()
    const first = await run({ prompt: 'say hello in a file' })
    expect(await readFile(path.join(cwd, 'hello.txt'), 'utf8')).toBe('hi\n')
    expect(first.outcome).toMatchObject({ text: 'Written.', output: undefined, stopReason: 'end_turn' })
    expect(first.outcome.sessionId).toBe(first.request.sessionId)
    expect(first.seen.sessions).toEqual([first.request.sessionId])
    expect(first.seen.models).toEqual([MODEL])
    expect(first.seen.activity).toContainEqual({ kind: 'tool', text: `Write ${path.join(cwd, 'hello.txt')}` })

    const second = await run({ prompt: 'now greet louder', sessionId: first.outcome.sessionId, resume: true })
    expect(await readFile(path.join(cwd, 'hello.txt'), 'utf8')).toBe('HI\n')
    expect(second.outcome.text).toBe('Louder.')
    expect(second.outcome.usage).toMatchObject({ inputTokens: 150, outputTokens: 35 })
    // The program's own total runs on over both processes; ours is this step alone.
    expect(second.outcome.costUsd).toBeCloseTo((150 * 3 + 35 * 15) / 1e6, 9)
  })

  test('[AG30] goes on in a copy of a session, as it was after a step; the session stays as it is', async () => {
    const { run, model, home } = await setUp()
    const first = await run({ prompt: 'say hello in a file' })
    const { sessionId, transcriptPath } = first.request
    await run({ prompt: 'now greet louder', sessionId, resume: true })
    const before = await keptSession(home, sessionId)
    const asked = model.calls.length
    const copied = await run({
      prompt: 'where were we',
      resume: true,
      copyOf: { sessionId: sessionId ?? '', transcriptPath },
    })
    expect(copied.outcome).toMatchObject({ text: 'Going on.', sessionId: copied.request.sessionId })
    const said = JSON.stringify(model.calls.slice(asked).map(({ body }) => body.messages))
    expect(said).toContain('say hello in a file')
    expect(said).not.toContain('now greet louder')
    expect(await keptSession(home, sessionId)).toBe(before)
  })

  test('[AG7] reports each model call once, with final numbers and the cost that the program itself states', async () => {
    const { run } = await setUp()
    const { seen, outcome } = await run({ prompt: 'say hello in a file' })
    expect(seen.usage.map(({ inputTokens, outputTokens }) => [inputTokens, outputTokens])).toEqual([
      [120, 45],
      [30, 12],
    ])
    expect(new Set(seen.usage.map(({ callId }) => callId)).size).toBe(2)
    expect(outcome.usage).toEqual({
      inputTokens: 150,
      outputTokens: 57,
      cachedReadTokens: 8700,
      cachedWriteTokens: 680,
      reasoningTokens: 0,
    })
    expect(outcome.costUsd).toBeCloseTo(0.006465, 9)
    expect(seen.usage.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0)).toBeCloseTo(0.006465, 9)
  })

  test.each(PRICED_ANTHROPIC_MODELS)('[AG7] our price list agrees with the program on %s', async (model) => {
    const { run } = await setUp()
    const { seen, outcome } = await run({ prompt: 'say hello in a file', model })
    expect(seen.usage).toHaveLength(2)
    expect(seen.usage.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0)).toBeCloseTo(
      outcome.costUsd ?? -1,
      9,
    )
  })

  test('[AG8] answers in the structure that is asked for', async () => {
    const { run } = await setUp()
    const outputSchema = { type: 'object', properties: { colour: { type: 'string' } }, required: ['colour'] }
    const { outcome } = await run({ prompt: 'which colour', outputSchema })
    expect(outcome.output).toEqual({ colour: 'red' })
  })

  test('[AG3] a prompt that looks like a flag is a prompt', async () => {
    const { run } = await setUp()
    expect((await run({ prompt: '--version' })).outcome.text).toBe('That was no flag.')
  })

  test('[AG4] plan writes nothing', async () => {
    const { run, cwd } = await setUp()
    const { seen } = await run({ prompt: 'say hello in a file', permissionMode: 'plan' })
    await expect(readFile(path.join(cwd, 'hello.txt'))).rejects.toThrow(/ENOENT/)
    expect(seen.activity.filter(({ kind }) => kind === 'notice').map(({ text }) => text)).toEqual([
      expect.stringContaining('Denied Write'),
    ])
  })

  test('[AG4] a tool outside the mode runs only when it is allowed', async () => {
    const { run, cwd } = await setUp()
    const ran = path.join(cwd, 'ran.txt')
    await run({ prompt: 'run a command' })
    await expect(readFile(ran)).rejects.toThrow(/ENOENT/)
    await run({ prompt: 'run a command', allowedTools: ['Bash(sh:*)', 'Read'] })
    expect(await readFile(ran, 'utf8')).toBe('ran\n')
  })

  test('[AG6] a bad key is AGENT_NOT_SIGNED_IN', async () => {
    const { fail } = await setUp({ keys: ['another-key'] })
    expect(await fail({ prompt: 'say hello in a file' })).toMatchObject({ code: 'AGENT_NOT_SIGNED_IN' })
  })

  test('[AG6] no sign-in at all is AGENT_NOT_SIGNED_IN', async () => {
    const { fail } = await setUp({ environment: { ANTHROPIC_API_KEY: undefined } })
    expect(await fail({ prompt: 'say hello in a file' })).toMatchObject({ code: 'AGENT_NOT_SIGNED_IN' })
  })

  test.each([
    ['too much', 'AGENT_PROVIDER_OVERLOADED'],
    ['limited', 'AGENT_PROVIDER_OVERLOADED'],
    ['lost line', 'AGENT_PROVIDER_OVERLOADED'],
    ['no model', 'AGENT_FAILED'],
  ])('[AG6] %s is %s', async (prompt, code) => {
    const { fail } = await setUp()
    expect(await fail({ prompt })).toMatchObject({ code })
  })

  test('[AG6] a provider that is not there is AGENT_PROVIDER_OVERLOADED', async () => {
    const { fail, model } = await setUp()
    await model.close()
    expect(await fail({ prompt: 'say hello in a file' })).toMatchObject({ code: 'AGENT_PROVIDER_OVERLOADED' })
  })

  test('[AG6] too many turns is AGENT_LIMIT_REACHED, and what they used is reported', async () => {
    const { fail, seen } = await setUp()
    const error = await fail({ prompt: 'again and again', maxTurns: 3, permissionMode: 'full' })
    expect(error).toMatchObject({ code: 'AGENT_LIMIT_REACHED', retryable: false })
    expect(sumOf(seen.usage)).toMatchObject({ input: 300, output: 60 })
  })

  test('[AG6] an unknown session is AGENT_SESSION_NOT_FOUND', async () => {
    const { fail } = await setUp()
    expect(await fail({ prompt: 'where were we', resume: true })).toMatchObject({
      code: 'AGENT_SESSION_NOT_FOUND',
    })
  })

  test('[AG2] a session that exists is resumed, not started a second time', async () => {
    const { run, fail } = await setUp()
    const { sessionId } = (await run({ prompt: 'say hello in a file' })).request
    expect(await fail({ prompt: 'where were we', sessionId })).toMatchObject({
      code: 'AGENT_FAILED',
      details: { sessionExists: true },
    })
  })

  test('[AG6] retries of the program are told while it works', async () => {
    const { run } = await setUp()
    const { seen, outcome } = await run({ prompt: 'a moment please' })
    expect(outcome.text).toBe('Here.')
    expect(seen.activity[0]).toMatchObject({ kind: 'notice', text: expect.stringContaining('429') })
  })

  test('[AG9] an abort during a tool leaves no process', async () => {
    const { start, cwd } = await setUp()
    const controller = new AbortController()
    const going = start({ prompt: 'long work', permissionMode: 'full', signal: controller.signal })
    const tool = await pidIn(path.join(cwd, 'tool.pid'))
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await rejection(going.outcome)).toBe(reason)
    expect(isAlive({ pid: tool, startTime: null })).toBe(false)
    expect(going.seen.processes.map(isAlive)).toEqual([false])
    expect(await leftOf(going.request)).toBe(0)
  })

  test('[AG9] silence beyond the limit ends the session', async () => {
    const { fail } = await setUp()
    const error = await fail({ prompt: 'held', idleTimeoutMs: 3000 })
    expect(error).toMatchObject({ code: 'STEP_TIMED_OUT', details: { idleTimeoutMs: 3000 } })
  })

  test('[AG10] after SIGKILL in the middle of a tool nothing lives on, usage is known, and the session goes on', async () => {
    const { start, run, cwd, sessionKept } = await setUp()
    const going = start({ prompt: 'long work', permissionMode: 'full' })
    const tool = await pidIn(path.join(cwd, 'tool.pid'))
    await sessionKept()
    process.kill(going.seen.processes[0]?.pid ?? 0, 'SIGKILL')
    const error = await rejection(going.outcome)
    expect(error).toMatchObject({ code: 'AGENT_FAILED', details: { signal: 'SIGKILL' } })
    expect(isAlive({ pid: tool, startTime: null })).toBe(false)
    expect(await leftOf(going.request)).toBe(0)
    expect(sumOf(going.seen.usage)).toMatchObject({ input: 77, output: 33 })

    const { sessionId } = going.request
    const resumed = await run({ prompt: 'where were we', sessionId, resume: true })
    expect(resumed.outcome).toMatchObject({ text: 'Going on.', sessionId })
    expect(resumed.outcome.usage).toMatchObject({ inputTokens: 11, outputTokens: 7 })
  })

  test('[AG10] what a process used whose worker died with it is reported by the next one', async () => {
    const { start, run, cwd, sessionKept } = await setUp()
    const going = start({ prompt: 'long work', permissionMode: 'full' })
    await pidIn(path.join(cwd, 'tool.pid'))
    const { sessionId, transcriptPath } = going.request
    await sessionKept()
    // The transcript as a dead worker leaves it: begun, and never ended.
    const kept = await readFile(transcriptPath, 'utf8')
    process.kill(going.seen.processes[0]?.pid ?? 0, 'SIGKILL')
    await rejection(going.outcome)
    await writeFile(transcriptPath, kept)

    const resumed = await run({ prompt: 'where were we', sessionId, resume: true, transcriptPath })
    expect(sumOf(resumed.seen.usage)).toMatchObject({ input: 88, output: 40 })
    expect(resumed.outcome.usage).toMatchObject({ inputTokens: 88, outputTokens: 40 })
  })

  test('[AG5] every event stands in the transcript, between our own notes of start and end', async () => {
    const { run } = await setUp()
    const { request } = await run({ prompt: 'say hello in a file' })
    const lines = await transcriptOf(request)
    expect(lines[0]).toMatchObject({ type: 'holdfast', event: 'started', sessionId: request.sessionId })
    expect(lines.at(-1)).toMatchObject({ type: 'holdfast', event: 'ended', exitCode: 0 })
    expect(lines.filter(({ type }) => type === 'result')).toHaveLength(1)
    expect(lines.filter(({ type }) => type === 'assistant')).toHaveLength(3)
  })

  test('[AG12] inspect names the version and the sign-in', async () => {
    const { agents } = await setUp()
    expect(await agents.get('claude').inspect()).toMatchObject({
      installed: true,
      version: '2.1.329',
      signedIn: true,
    })
  })
})

const setUp = (options?: Parameters<typeof claudeWorld>[1]): ReturnType<typeof claudeWorld> =>
  claudeWorld(SCRIPT, options)
