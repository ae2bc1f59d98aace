import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createAgents } from '@holdfast/agents'
import { acp } from '@holdfast/agents/author'
import { ensureOpencode, startScriptedModel, type ModelScript } from '@holdfast/agents/testing'
import type { AgentRequest } from '@holdfast/workflow-sdk/ports'
import { isAlive } from '@holdfast/workspace'
import { describe, expect, onTestFinished, test } from 'vitest'
import { rejection, requestFor, temporaryFolder, transcriptOf, witness } from './helpers.ts'
import { leftOf, pidIn } from './processes.ts'

const installed = await ensureOpencode()
const reason = 'skip' in installed ? installed.skip : ''
if (reason !== '') process.stderr.write(`Skipping the tests against OpenCode: ${reason}\n`)

const SCRIPT: ModelScript = {
  rules: [
    {
      when: 'say hello in a file',
      steps: [
        {
          text: 'I write it.',
          tools: [{ write: { path: 'hello.txt', content: 'hi\n' } }, { shell: 'touch forbidden.txt' }],
          usage: { input: 120, output: 45, cacheRead: 4000 },
        },
        { text: 'Written.', usage: { input: 30, output: 12, cacheRead: 4700 } },
      ],
    },
    { when: 'where were we', steps: [{ text: '{"colour":"red"}', usage: { input: 11, output: 7 } }] },
    {
      when: 'long work',
      steps: [
        {
          text: 'Working.',
          tools: [{ shell: 'echo once >> edited.txt; echo $$ > tool.pid; sleep 600' }],
        },
      ],
    },
    { when: 'a bad request', steps: [{ error: { status: 400, message: 'scripted bad request' } }] },
  ],
}

/** A turn takes OpenCode from 6 s on a quiet machine to half a minute on a busy one. */
const SLOW = { timeout: 300_000 }

// It runs where the program is in the cache, or where `HOLDFAST_TEST_OPENCODE` asks for it.
describe.skipIf(reason !== '')(
  `OpenCode by its ACP server${reason === '' ? '' : ` (skipped: ${reason})`}`,
  () => {
    test(
      '[AG2] [AG4] [AG7] edits, asks for what the mode leaves out, and goes on in the next process',
      SLOW,
      async () => {
        const { start, cwd } = await setUp()
        const first = start({ prompt: 'say hello in a file' })
        const outcome = await first.outcome
        expect(await readFile(path.join(cwd, 'hello.txt'), 'utf8')).toBe('hi\n')
        expect(existsSync(path.join(cwd, 'forbidden.txt'))).toBe(false)
        expect(first.seen.sessions).toEqual([outcome.sessionId])
        expect(outcome.sessionId).toMatch(/^ses_/)
        expect(first.seen.models).toEqual(['mock/scripted'])
        expect(first.seen.activity).toContainEqual({
          kind: 'tool',
          text: `write ${path.join(cwd, 'hello.txt')}`,
        })
        expect(first.seen.activity).toContainEqual({
          kind: 'notice',
          text: expect.stringMatching(/^Denied /),
        })
        expect(first.seen.usage).toMatchObject([
          { provider: 'mock', model: 'scripted', priceSource: 'opencode' },
        ])
        expect(outcome.costUsd).toBeCloseTo(first.seen.usage[0]?.costUsd ?? -1, 9)
        expect(outcome.costUsd).toBeGreaterThan(0)
        const lines = await transcriptOf(first.request)
        const prompt = { message: { method: 'session/prompt' } }
        expect(lines.findIndex((line) => JSON.stringify(line).includes('"sessionId":"ses_'))).toBeLessThan(
          lines.findIndex((line) => JSON.stringify(line).includes('session/prompt')),
        )
        expect(lines).toContainEqual(
          expect.objectContaining({ event: 'sent', message: expect.objectContaining(prompt.message) }),
        )

        const next = start({
          prompt: 'where were we',
          sessionId: outcome.sessionId,
          resume: true,
          permissionMode: 'plan',
          outputSchema: { type: 'object' },
        })
        expect(await next.outcome).toMatchObject({
          output: { colour: 'red' },
          sessionId: outcome.sessionId,
          costUsd: null,
          usage: { inputTokens: 11, outputTokens: 7 },
        })
      },
    )

    test(
      '[AG9] [AG10] after SIGKILL nothing lives on and the session goes on; an abort cancels and leaves no process',
      SLOW,
      async () => {
        const { start, cwd } = await setUp()
        const pidFile = path.join(cwd, 'tool.pid')
        const going = start({ prompt: 'long work', permissionMode: 'full' })
        const tool = await pidIn(pidFile)
        process.kill(going.seen.processes[0]?.pid ?? 0, 'SIGKILL')
        expect(await rejection(going.outcome)).toMatchObject({
          code: 'AGENT_FAILED',
          details: { signal: 'SIGKILL' },
        })
        expect(isAlive({ pid: tool, startTime: null })).toBe(false)
        expect(await leftOf(going.request)).toBe(0)

        await rm(pidFile)
        const controller = new AbortController()
        const again = start({
          prompt: 'long work',
          permissionMode: 'full',
          sessionId: going.seen.sessions[0] ?? null,
          resume: true,
          signal: controller.signal,
        })
        const next = await pidIn(pidFile)
        const enough = new Error('enough')
        controller.abort(enough)
        expect(await rejection(again.outcome)).toBe(enough)
        expect(again.seen.sessions).toEqual(going.seen.sessions)
        expect(isAlive({ pid: next, startTime: null })).toBe(false)
        expect(again.seen.processes.map(isAlive)).toEqual([false])
        expect(await leftOf(again.request)).toBe(0)
        expect(JSON.stringify(await transcriptOf(again.request))).toContain('session/cancel')
      },
    )

    test(
      '[AG1] [AG6] a model that it does not have is refused before the prompt; an unknown session is not found',
      SLOW,
      async () => {
        const { start, model } = await setUp()
        expect(await rejection(start({ prompt: 'where were we', model: 'no/such' }).outcome)).toMatchObject({
          code: 'OPTION_INVALID',
        })
        const lost = start({ prompt: 'where were we', sessionId: 'ses_none', resume: true })
        expect(await rejection(lost.outcome)).toMatchObject({ code: 'AGENT_SESSION_NOT_FOUND' })
        expect(model.calls).toEqual([])
      },
    )
  },
)

/** A model, a folder, and OpenCode with a home of its own, whose shell asks first. */
async function setUp() {
  const model = await startScriptedModel({ script: SCRIPT })
  onTestFinished(() => model.close())
  const home = await temporaryFolder()
  const cwd = path.join(home, 'work')
  await mkdir(cwd)
  const config = {
    autoupdate: false,
    share: 'disabled',
    permission: { edit: 'allow', bash: 'ask' },
    model: 'mock/scripted',
    small_model: 'mock/scripted',
    provider: {
      mock: {
        npm: '@ai-sdk/openai-compatible',
        name: 'mock',
        options: { baseURL: `${model.url}/v1`, apiKey: 'test-key' },
        models: {
          scripted: {
            name: 'scripted',
            tool_call: true,
            limit: { context: 200_000, output: 8000 },
            cost: { input: 3, output: 15, cache_read: 0.3, cache_write: 3.75 },
          },
        },
      },
    },
  }
  const file = path.join(home, 'opencode.json')
  await writeFile(file, JSON.stringify(config))
  const agent = acp({
    name: 'opencode',
    command: ['file' in installed ? installed.file : 'opencode', 'acp'],
    env: {
      OPENCODE_CONFIG: file,
      OPENCODE_DISABLE_AUTOUPDATE: '1',
      OPENCODE_DISABLE_MODELS_FETCH: '1',
      OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
      OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
    },
  })
  const adapter = createAgents({ environment: { PATH: process.env['PATH'], HOME: home } }).get('acp')
  return {
    model,
    cwd,
    start: (parts: Partial<AgentRequest>) => {
      const transcriptPath = path.join(home, `${randomUUID()}.jsonl`)
      const request = requestFor(cwd, { agent, transcriptPath, sessionId: null, ...parts })
      const seen = witness()
      onTestFinished(async () => void (await leftOf(request)))
      return { request, seen, outcome: adapter.check(request).then(() => adapter.run(request, seen)) }
    },
  }
}
