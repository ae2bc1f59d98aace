import { randomUUID } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { createAgents } from '@holdfast/agents'
import { claudeWith } from '@holdfast/agents/author'
import {
  ensureClaude,
  startScriptedModel,
  type ModelScript,
  type ScriptedModel,
} from '@holdfast/agents/testing'
import type { AgentRequest } from '@holdfast/workflow-sdk/ports'
import { onTestFinished } from 'vitest'
import { leftOf, rejection, requestFor, sessionText, temporaryFolder, witness } from './helpers.ts'

const installed = await ensureClaude()
/** Why there is no Claude Code; empty where there is one. */
export const missingClaude = 'skip' in installed ? installed.skip : ''

/** The model of the tests. */
export const MODEL = 'claude-sonnet-4-5'

/** How Claude Code is set up for a test. */
interface Options {
  readonly keys?: readonly string[]
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** A model with this script, a folder, and Claude Code with a home of its own. */
export async function claudeWorld(script: ModelScript, options: Options = {}) {
  const model: ScriptedModel = await startScriptedModel({
    script,
    ...(options.keys === undefined ? {} : { keys: options.keys }),
  })
  let open = true
  const close = async (): Promise<void> => {
    if (open) await model.close()
    open = false
  }
  onTestFinished(close)
  const home = await temporaryFolder()
  const cwd = path.join(home, 'work')
  await mkdir(cwd)
  const agents = createAgents({
    environment: {
      PATH: process.env['PATH'],
      HOME: home,
      CLAUDE_CONFIG_DIR: path.join(home, '.claude'),
      ANTHROPIC_BASE_URL: model.url,
      ANTHROPIC_API_KEY: 'test-key',
      CLAUDE_CODE_MAX_RETRIES: '1',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      HOLDFAST_CLAUDE_COMMAND: 'file' in installed ? installed.file : 'claude',
      ...options.environment,
    },
  })
  const adapter = agents.get('claude')
  const agent = claudeWith({ model: MODEL })
  const seen = witness()
  const start = (parts: Partial<AgentRequest>) => {
    const request = requestFor(cwd, {
      agent,
      // As the engine starts it: people may write to it while it works.
      inbox: { open: () => {}, close: () => {} },
      transcriptPath: path.join(home, `${randomUUID()}.jsonl`),
      ...parts,
    })
    const own = witness()
    onTestFinished(async () => void (await leftOf(request)))
    return { request, seen: own, outcome: adapter.check(request).then(() => adapter.run(request, own)) }
  }
  return {
    model: { ...model, close },
    home,
    agents,
    cwd,
    seen,
    start,
    /** Resolves when the tool call stands in Claude Code's own session file, which is written with a delay. */
    sessionKept: () => until(async () => (await sessionText(home)).includes('sleep 600')),
    run: async (parts: Partial<AgentRequest>) => {
      const started = start(parts)
      return { ...started, outcome: await started.outcome }
    },
    fail: async (parts: Partial<AgentRequest>) => {
      const started = start(parts)
      const error = await rejection(started.outcome)
      seen.usage.push(...started.seen.usage)
      return error
    },
  }
}

/** The process id that a tool of the agent writes into a file. */
export async function pidIn(file: string): Promise<number> {
  let pid = 0
  await until(async () => (pid = Number(await readFile(file, 'utf8').catch(() => ''))) > 0)
  return pid
}

/** Looks again and again at what another process does; the limit is only there for when it never comes. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 3000; tries += 1) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('It never came to be.')
}
