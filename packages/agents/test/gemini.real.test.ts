import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createAgents } from '@holdfast/agents'
import { geminiWith } from '@holdfast/agents/author'
import { ensureGemini, startScriptedModel, type ModelScript } from '@holdfast/agents/testing'
import type { AgentRequest } from '@holdfast/workflow-sdk/ports'
import { isAlive } from '@holdfast/workspace'
import { describe, expect, onTestFinished, test } from 'vitest'
import { rejection, requestFor, sumOf, temporaryFolder, transcriptOf, witness } from './helpers.ts'
import { leftOf, pidIn, until } from './processes.ts'

const installed = await ensureGemini()
const reason = 'skip' in installed ? installed.skip : ''
if (reason !== '') process.stderr.write(`Skipping the tests against Gemini CLI: ${reason}\n`)

const MODEL = 'gemini-2.5-flash'

const SCRIPT: ModelScript = {
  rules: [
    {
      when: '--say hello in a file',
      steps: [
        {
          text: 'I write it.',
          tools: [
            { write: { path: 'hello.txt', content: 'hi\n' } },
            { shell: 'git --version > ran.txt' },
            { shell: 'touch forbidden.txt' },
          ],
          usage: { input: 120, output: 45, cacheRead: 4000, reasoning: 5 },
        },
        { text: 'Written.', usage: { input: 30, output: 12, cacheRead: 4700 } },
      ],
    },
    {
      when: 'which colour',
      steps: [
        { tools: [{ write: { path: 'hello.txt', content: 'changed\n' } }], usage: { input: 40, output: 10 } },
        { text: '```json\n{"colour":"red"}\n```', usage: { input: 50, output: 20 } },
      ],
    },
    {
      when: 'long work',
      steps: [
        {
          text: 'Working.',
          tools: [{ shell: 'echo once >> edited.txt; echo $$ > tool.pid; sleep 600' }],
          usage: { input: 77, output: 33 },
        },
      ],
    },
    {
      when: 'where were we',
      steps: [
        {
          text: 'Going on.',
          tools: [{ shell: 'echo $$ > tool.pid; sleep 600' }],
          usage: { input: 11, output: 7 },
        },
      ],
    },
  ],
}

// Outside CI a machine without network cannot install the program; under CI `ensureGemini` throws instead.
describe.skipIf(reason !== '')(`Gemini CLI itself${reason === '' ? '' : ` (skipped: ${reason})`}`, () => {
  test('[AG2] [AG3] [AG4] [AG7] edits in one process, goes on in the next within plan mode, and knows its session only in its folder', async () => {
    const { start, cwd, home } = await setUp()
    const read = (name: string): Promise<string> => readFile(path.join(cwd, name), 'utf8')
    const first = start({
      prompt: '--say hello in a file',
      allowedTools: ['run_shell_command(git)'],
    })
    const outcome = await first.outcome
    expect(await read('hello.txt')).toBe('hi\n')
    expect(await read('ran.txt')).toContain('git version')
    await expect(read('forbidden.txt')).rejects.toThrow(/ENOENT/)
    expect(outcome).toMatchObject({ text: 'Written.', output: undefined, costUsd: null })
    expect(outcome.sessionId).toBe(first.request.sessionId)
    expect(first.seen.sessions).toEqual([first.request.sessionId])
    expect(first.seen.models).toEqual([MODEL])
    expect(first.seen.activity).toContainEqual({
      kind: 'tool',
      text: `write_file ${path.join(cwd, 'hello.txt')}`,
    })
    expect(first.seen.usage.map((of) => [of.inputTokens, of.outputTokens, of.cachedReadTokens])).toEqual([
      [120, 50, 4000],
      [30, 12, 4700],
    ])
    expect(first.seen.usage[0]).toMatchObject({ provider: 'google', model: MODEL, reasoningTokens: 5 })
    expect(new Set(first.seen.usage.map(({ callId }) => callId)).size).toBe(2)
    expect(outcome.usage).toMatchObject({ inputTokens: 150, outputTokens: 62, cachedReadTokens: 8700 })
    const lines = await transcriptOf(first.request)
    expect(lines[0]).toMatchObject({ type: 'holdfast', event: 'started', sessionId: first.request.sessionId })
    expect(lines.at(-1)).toMatchObject({ type: 'holdfast', event: 'ended', exitCode: 0 })

    const resume = { sessionId: outcome.sessionId, resume: true }
    const outputSchema = { type: 'object', properties: { colour: { type: 'string' } } }
    const second = start({
      prompt: 'which colour',
      permissionMode: 'plan',
      outputSchema,
      ...resume,
    })
    expect(await second.outcome).toMatchObject({
      output: { colour: 'red' },
      sessionId: first.request.sessionId,
      usage: { inputTokens: 90, outputTokens: 30, cachedReadTokens: 0 },
    })
    expect(await read('hello.txt')).toBe('hi\n')
    expect(second.seen.activity.filter(({ kind }) => kind === 'notice')).toHaveLength(1)

    const other = path.join(home, 'other')
    await mkdir(other)
    const lost = start({ prompt: 'which colour', cwd: other, ...resume })
    expect(await rejection(lost.outcome)).toMatchObject({ code: 'AGENT_SESSION_NOT_FOUND' })
  })

  test('[AG9] [AG10] after SIGKILL nothing lives on and the session goes on, also when the worker died too; an abort leaves no process', async () => {
    const { start, cwd, sessionKept } = await setUp()
    const pidFile = path.join(cwd, 'tool.pid')
    const going = start({ prompt: 'long work', permissionMode: 'full' })
    const tool = await pidIn(pidFile)
    await sessionKept('Working.')
    const { sessionId, transcriptPath } = going.request
    // The transcript as a dead worker leaves it: begun, and never ended.
    const kept = await readFile(transcriptPath, 'utf8')
    process.kill(going.seen.processes[0]?.pid ?? 0, 'SIGKILL')
    expect(await rejection(going.outcome)).toMatchObject({
      code: 'AGENT_FAILED',
      details: { signal: 'SIGKILL' },
    })
    expect(isAlive({ pid: tool, startTime: null })).toBe(false)
    expect(await leftOf(going.request)).toBe(0)
    expect(sumOf(going.seen.usage)).toMatchObject({ input: 77, output: 33 })

    await writeFile(transcriptPath, kept)
    await rm(pidFile)
    const controller = new AbortController()
    const { signal } = controller
    const again = start({
      prompt: 'where were we',
      permissionMode: 'full',
      resume: true,
      sessionId,
      transcriptPath,
      signal,
    })
    const next = await pidIn(pidFile)
    await sessionKept('Going on.')
    const enough = new Error('enough')
    controller.abort(enough)
    expect(await rejection(again.outcome)).toBe(enough)
    expect([tool, next].map((pid) => isAlive({ pid, startTime: null }))).toEqual([false, false])
    expect(again.seen.processes.map(isAlive)).toEqual([false])
    expect(await leftOf(again.request)).toBe(0)
    expect(again.seen.usage.map(({ callId }) => callId)).toContain(going.seen.usage[0]?.callId)
    expect(sumOf(again.seen.usage)).toMatchObject({ input: 88, output: 40 })
    expect(await readFile(path.join(cwd, 'edited.txt'), 'utf8')).toBe('once\n')
  })

  test('[AG12] inspect names the version and the sign-in', async () => {
    const { adapter } = await setUp()
    expect(await adapter.inspect()).toMatchObject({ installed: true, version: '0.61.0', signedIn: true })
  })
})

/** A model, a folder, and Gemini CLI with a home of its own. */
async function setUp() {
  const model = await startScriptedModel({ script: SCRIPT, keys: ['test-key'] })
  onTestFinished(() => model.close())
  const home = await temporaryFolder()
  const cwd = path.join(home, 'work')
  await mkdir(cwd)
  await mkdir(path.join(home, '.gemini'))
  const settings = {
    security: { auth: { selectedType: 'gemini-api-key' } },
    general: { enableAutoUpdate: false, maxAttempts: 2 },
    privacy: { usageStatisticsEnabled: false },
  }
  await writeFile(path.join(home, '.gemini', 'settings.json'), JSON.stringify(settings))
  const adapter = createAgents({
    environment: {
      PATH: process.env['PATH'],
      HOME: home,
      GOOGLE_GEMINI_BASE_URL: model.url,
      GEMINI_API_KEY: 'test-key',
      HOLDFAST_GEMINI_COMMAND: 'file' in installed ? installed.file : 'gemini',
    },
  }).get('gemini')
  return {
    adapter,
    home,
    cwd,
    start: (parts: Partial<AgentRequest>) => {
      const transcriptPath = path.join(home, `${randomUUID()}.jsonl`)
      const request = requestFor(cwd, { agent: geminiWith({ model: MODEL }), transcriptPath, ...parts })
      const seen = witness()
      onTestFinished(async () => void (await leftOf(request)))
      return { request, seen, outcome: adapter.check(request).then(() => adapter.run(request, seen)) }
    },
    /** Resolves when a text of the model stands in Gemini CLI's own session file. */
    sessionKept: (said: string) =>
      until(async () => (await sessionText(home)).includes(`"content":"${said}"`)),
  }
}

/** Everything in the session files below a home. */
async function sessionText(home: string): Promise<string> {
  const tmp = path.join(home, '.gemini', 'tmp')
  const files = (await readdir(tmp, { recursive: true })).filter((name) => name.endsWith('.jsonl'))
  const texts = await Promise.all(files.map((name) => readFile(path.join(tmp, name), 'utf8')))
  return texts.join('')
}
