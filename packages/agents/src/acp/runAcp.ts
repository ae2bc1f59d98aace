import type { AgentObserver, AgentOutcome, AgentRequest } from '@holdfast/workflow-sdk/ports'
import type { Environment } from '@holdfast/workspace'
import type { Writable } from 'node:stream'
import { object, type Fields } from '../programs/fields.ts'
import { endedByUs, runProgram, type ProgramEnd } from '../programs/runProgram.ts'
import { openTranscript, type Transcript } from '../programs/Transcript.ts'
import { Connection } from './Connection.ts'
import { converse, type Turn } from './converse.ts'
import { acpEnvironment } from './environment.ts'
import { endedEarly } from './failure.ts'
import { acpOutcome } from './outcome.ts'
import { answerPermission } from './permissions.ts'
import { acpSettings } from './settings.ts'
import { Updates } from './Updates.ts'

/** The program and the environment of the person who runs it. */
export interface AcpProgram {
  readonly file: string
  readonly user: Environment
}

/** How long an agent may take to answer a cancel, and to leave when its input is closed. */
const LEAVE_MS = 2000

/**
 * One process of an agent, one turn of one session.
 * @throws WorkflowError `AGENT_…`, `STEP_TIMED_OUT` when it fell silent; the signal's reason after an abort.
 */
export async function runAcp(
  request: AgentRequest,
  observer: AgentObserver,
  program: AcpProgram,
): Promise<AgentOutcome> {
  const settings = acpSettings(request.agent)
  const transcript = await openTranscript(request.transcriptPath)
  const talk = new Talk(request, observer, transcript)
  try {
    await transcript.note('started', { sessionId: request.sessionId, resumed: request.resume })
    const turn = converse(talk.connection, talk.updates, request, observer, talk.place)
    const judged = turn.then(
      (value) => ({ turn: value }),
      (error: unknown) => ({ error }),
    )
    void judged.then(() => talk.leave())
    const end = await runProgram({
      file: program.file,
      args: settings.command.slice(1),
      cwd: request.cwd,
      env: acpEnvironment(program.user, settings, request),
      marker: request.marker,
      input: (stdin) => talk.open(stdin),
      transcript,
      idleTimeoutMs: request.idleTimeoutMs,
      signal: talk.ended,
      onProcess: (identity) => observer.onProcess(identity),
      onLine: (line) => talk.accept(line),
    }).finally(() => talk.stop())
    const { sessionId } = talk.place
    await transcript.note('ended', {
      sessionId,
      exitCode: end.exitCode,
      signal: end.signal,
      endedBy: end.endedBy,
    })
    return conclude(await judged, end, request, observer, talk)
  } finally {
    talk.stop()
    await transcript.close()
  }
}

type Judged = { readonly turn: Turn } | { readonly error: unknown }

function conclude(
  judged: Judged,
  end: ProgramEnd,
  request: AgentRequest,
  observer: AgentObserver,
  talk: Talk,
): AgentOutcome {
  if (request.signal.aborted) throw endedByUs(request, 'abort')
  if (end.endedBy === 'idle') throw endedByUs(request, 'idle')
  if ('turn' in judged) return acpOutcome(judged.turn, talk.updates.facts, request, observer)
  if (judged.error === GONE) throw endedEarly(talk.place, end, talk.unreadable)
  throw judged.error
}

/** What waits for an answer is told that none comes. */
const GONE = new Error('The agent has ended.')

/** One process and the connection to it: who may say what, and how it comes to an end. */
class Talk {
  readonly connection: Connection
  readonly updates: Updates
  readonly place: { readonly name: string; sessionId: string | null }
  readonly unreadable: { lines: number; first: string | null } = { lines: 0, first: null }
  readonly #request: AgentRequest
  readonly #observer: AgentObserver
  readonly #transcript: Transcript
  readonly #end = new AbortController()
  readonly #opened = Promise.withResolvers<Writable>()
  #timer: NodeJS.Timeout | null = null
  #stopped = false

  constructor(request: AgentRequest, observer: AgentObserver, transcript: Transcript) {
    this.#request = request
    this.#observer = observer
    this.#transcript = transcript
    this.place = { name: acpSettings(request.agent).name, sessionId: request.sessionId }
    this.updates = new Updates(observer)
    this.connection = new Connection({
      send: (message) => this.#send(message),
      onNotification: (method, params) => {
        if (method === 'session/update') this.updates.accept(object(params['update']) ?? {})
      },
      onRequest: (method, params) =>
        method === 'session/request_permission' ? this.#permission(params) : undefined,
      onError: () => this.#end.abort(),
    })
    request.signal.addEventListener('abort', this.#cancel, { once: true })
    if (request.signal.aborted) this.#end.abort()
  }

  /** Aborted when the process is to be ended with all that it started. */
  get ended(): AbortSignal {
    return this.#end.signal
  }

  open(stdin: Writable): void {
    this.#opened.resolve(stdin)
  }

  accept(line: string): void {
    if (line.trim() === '' || this.connection.accept(line)) return
    this.unreadable.lines += 1
    this.unreadable.first ??= line.slice(0, 500)
  }

  /** The turn is over. Most agents leave when their input ends; those that do not are ended. */
  leave(): void {
    if (this.#stopped) return
    void this.#opened.promise.then((stdin) => stdin.end())
    this.#endSoon()
  }

  /** The process is gone. */
  stop(): void {
    this.#stopped = true
    this.#request.signal.removeEventListener('abort', this.#cancel)
    this.connection.close(GONE)
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  readonly #cancel = (): void => {
    this.#endSoon()
    const { sessionId } = this.place
    if (sessionId === null) return this.#end.abort()
    this.connection.notify('session/cancel', { sessionId }).catch(() => this.#end.abort())
  }

  #endSoon(): void {
    this.#timer ??= setTimeout(() => this.#end.abort(), LEAVE_MS)
  }

  /** Both sides of the talk stand in the transcript. */
  async #send(message: Fields): Promise<void> {
    const stdin = await this.#opened.promise
    await this.#transcript.note('sent', { message })
    stdin.write(`${JSON.stringify(message)}\n`)
  }

  #permission(params: Fields): Fields {
    if (this.#request.signal.aborted) return { outcome: { outcome: 'cancelled' } }
    const { permissionMode, allowedTools } = this.#request
    const { outcome, denied } = answerPermission(params, permissionMode, allowedTools)
    if (denied !== null) this.#observer.onActivity({ kind: 'notice', text: `Denied ${denied}` })
    return { outcome }
  }
}
