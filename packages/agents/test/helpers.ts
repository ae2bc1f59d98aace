import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { claude } from '@holdfast/agents/author'
import type { ProcessIdentity } from '@holdfast/workflow-sdk/journal'
import type { AgentObserver, AgentRequest, AgentUsage } from '@holdfast/workflow-sdk/ports'
import { endProcesses, RUN_VARIABLE } from '@holdfast/workspace'
import { onTestFinished } from 'vitest'

/** A temporary folder that goes with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'holdfast-agents-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

/** An observer that keeps what it is told, and lets a test wait for it. */
export interface Witness extends AgentObserver {
  readonly sessions: string[]
  readonly models: string[]
  readonly usage: AgentUsage[]
  readonly activity: { readonly kind: string; readonly text: string }[]
  readonly processes: ProcessIdentity[]
  readonly delivered: string[]
  /** Resolves when an activity with this text in it has been seen. */
  saw(text: string): Promise<void>
}

/** A new {@link Witness}. */
export function witness(): Witness {
  const waiting: { readonly text: string; readonly resolve: () => void }[] = []
  const self: Witness = {
    sessions: [],
    models: [],
    usage: [],
    activity: [],
    processes: [],
    delivered: [],
    onSession: (id) => void self.sessions.push(id),
    onModel: (model) => void self.models.push(model),
    onProcess: (process) => void self.processes.push(process),
    onUsage: (usage) => void self.usage.push(usage),
    onDelivered: (id) => void self.delivered.push(id),
    onActivity: (activity) => {
      self.activity.push(activity)
      for (const { text, resolve } of waiting) if (activity.text.includes(text)) resolve()
    },
    saw: (text) =>
      new Promise((resolve) => {
        waiting.push({ text, resolve })
        if (self.activity.some((activity) => activity.text.includes(text))) resolve()
      }),
  }
  return self
}

/** A request with everything that most tests leave alone. */
export function requestFor(cwd: string, parts: Partial<AgentRequest>): AgentRequest {
  return {
    agent: claude,
    prompt: 'do it',
    cwd,
    sessionId: randomUUID(),
    resume: false,
    model: null,
    permissionMode: 'edit',
    allowedTools: [],
    maxTurns: null,
    outputSchema: null,
    env: {},
    marker: { runId: randomUUID(), stepId: `${randomUUID()}.1.0` },
    transcriptPath: path.join(cwd, '.session', `${randomUUID()}.jsonl`),
    idleTimeoutMs: 120_000,
    signal: new AbortController().signal,
    ...parts,
  }
}

/** The lines of a session file, parsed. */
export async function transcriptOf(request: AgentRequest): Promise<readonly Record<string, unknown>[]> {
  const lines = (await readFile(request.transcriptPath, 'utf8')).split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** Adds the counts of usage records up. */
export function sumOf(usage: readonly AgentUsage[]): {
  input: number
  output: number
  read: number
  write: number
} {
  const sum = (of: (record: AgentUsage) => number): number =>
    usage.reduce((all, record) => all + of(record), 0)
  return {
    input: sum((record) => record.inputTokens),
    output: sum((record) => record.outputTokens),
    read: sum((record) => record.cachedReadTokens),
    write: sum((record) => record.cachedWriteTokens),
  }
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`Expected a rejection, got ${JSON.stringify(value)}`)
    },
    (error: unknown) => error,
  )
}

/** Claude Code's own file of a session. */
export async function keptSession(home: string, sessionId: string | null): Promise<string> {
  const projects = path.join(home, '.claude', 'projects')
  for (const folder of await readdir(projects)) {
    const file = path.join(projects, folder, `${sessionId}.jsonl`)
    const text = await readFile(file, 'utf8').catch(() => null)
    if (text !== null) return text
  }
  throw new Error(`no session ${sessionId}`)
}

/** How many processes of a run are left; ends them. */
export function leftOf(request: AgentRequest): Promise<number> {
  return endProcesses({ variable: { name: RUN_VARIABLE, value: request.marker.runId }, known: [] })
}

/** Everything in the session files below a home. */
export async function sessionText(home: string): Promise<string> {
  const files = await readdir(path.join(home, '.claude', 'projects'), { recursive: true })
  const sessions = files.filter((name) => name.endsWith('.jsonl'))
  const texts = await Promise.all(
    sessions.map((name) => readFile(path.join(home, '.claude', 'projects', name), 'utf8')),
  )
  return texts.join('')
}
