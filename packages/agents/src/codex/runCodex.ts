import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { AgentObserver, AgentOutcome, AgentRequest } from '@holdfast/workflow-sdk/ports'
import type { Environment } from '@holdfast/workspace'
import { endedByUs, runProgram, type ProgramEnd } from '../programs/runProgram.ts'
import { openTranscript, type Transcript } from '../programs/Transcript.ts'
import { unfinishedSince } from '../programs/unfinishedSince.ts'
import { codexArguments } from './argv.ts'
import type { CodexCommand } from './check.ts'
import { CodexStream } from './CodexStream.ts'
import { CodexUsage } from './CodexUsage.ts'
import { codexEnvironment, codexHome } from './environment.ts'
import { codexOutcome } from './outcome.ts'
import { refusalsIn } from './refusals.ts'
import { SessionFile } from './SessionFile.ts'
import { codexSettings } from './settings.ts'

/** The program and the environment of the person who runs it. */
export interface CodexProgram {
  readonly command: CodexCommand
  readonly user: Environment
}

/**
 * One process of Codex, from start to judgement.
 * @throws WorkflowError `AGENT_…`, `STEP_TIMED_OUT` when it fell silent; the signal's reason after an abort.
 */
export async function runCodex(
  request: AgentRequest,
  observer: AgentObserver,
  program: CodexProgram,
): Promise<AgentOutcome> {
  const settings = codexSettings(request.agent)
  const model = request.model ?? settings.model ?? null
  const env = codexEnvironment(program.user, settings, request)
  const usage = new CodexUsage(observer)
  if (request.sessionId !== null) {
    await observer.onSession(request.sessionId)
    const lost = await unfinishedSince(request.transcriptPath, request.sessionId)
    await usage.resume(request.sessionId, new SessionFile(codexHome(env), request.sessionId), lost)
  }
  const transcript = await openTranscript(request.transcriptPath)
  const schema = await schemaFile(request)
  try {
    await transcript.note('started', { sessionId: request.sessionId, resumed: request.resume })
    const conversation = new Conversation({ request, observer, transcript, usage, home: codexHome(env) })
    const end = await conversation.hold({
      command: program.command,
      env,
      args: codexArguments({
        permissionMode: request.permissionMode,
        resume: request.sessionId,
        model,
        config: settings.config,
        schemaFile: schema?.file ?? null,
      }),
    })
    const { facts } = conversation
    const total = usage.close(facts.threadUsage)
    await transcript.note('ended', { exitCode: end.exitCode, signal: end.signal, endedBy: end.endedBy })
    if (end.endedBy !== null) throw endedByUs(request, end.endedBy)
    const sessionId = facts.threadId ?? request.sessionId
    const structured = request.outputSchema !== null
    return codexOutcome({ end, facts, usage: total, sessionId, model, structured })
  } finally {
    await transcript.close()
    await schema?.remove()
  }
}

interface Listeners {
  readonly request: AgentRequest
  readonly observer: AgentObserver
  readonly transcript: Transcript
  readonly usage: CodexUsage
  readonly home: string
}

interface Start {
  readonly command: CodexCommand
  readonly env: Readonly<Record<string, string>>
  readonly args: readonly string[]
}

/** One process, its stream, and the session file that is read beside it. */
class Conversation {
  readonly #of: Listeners
  readonly #stream: CodexStream
  /** What follows from events and takes its time, in their order. */
  #behind: Promise<void> = Promise.resolve()

  constructor(of: Listeners) {
    this.#of = of
    this.#stream = new CodexStream(of.observer, (threadId) => this.#began(threadId))
  }

  get facts(): CodexStream['facts'] {
    return this.#stream.facts
  }

  async hold({ command, env, args }: Start): Promise<ProgramEnd> {
    const { request, observer, transcript, usage } = this.#of
    const [file, ...first] = command
    const end = await runProgram({
      file,
      args: [...first, ...args],
      cwd: request.cwd,
      env,
      marker: request.marker,
      input: request.prompt,
      transcript,
      idleTimeoutMs: request.idleTimeoutMs,
      signal: request.signal,
      onProcess: (identity) => observer.onProcess(identity),
      onLine: (line) => {
        this.#stream.accept(line)
        this.#then(() => usage.look())
      },
    })
    await this.#behind
    await usage.look()
    for (const text of refusalsIn(end.stderr)) observer.onActivity({ kind: 'notice', text })
    return end
  }

  /** Codex names a new session itself, before it asks the model; from here on a crash finds it again. */
  #began(threadId: string): void {
    const { request, observer, transcript, usage, home } = this.#of
    if (threadId === request.sessionId) return
    this.#then(async () => observer.onSession(threadId))
    usage.begin(threadId, new SessionFile(home, threadId))
    this.#then(() => transcript.note('session', { sessionId: threadId }))
  }

  #then(work: () => Promise<void>): void {
    this.#behind = this.#behind.then(work)
    // It is awaited when the process has ended, and must not end ours before.
    this.#behind.catch(() => {})
  }
}

/** Codex reads the schema of the answer from a file. */
async function schemaFile(
  request: AgentRequest,
): Promise<{ readonly file: string; readonly remove: () => Promise<void> } | null> {
  if (request.outputSchema === null) return null
  const folder = await mkdtemp(path.join(os.tmpdir(), 'holdfast-schema-'))
  const file = path.join(folder, 'answer.json')
  await writeFile(file, JSON.stringify(request.outputSchema))
  return { file, remove: () => rm(folder, { recursive: true, force: true }) }
}
