import { randomUUID } from 'node:crypto'
import type { AgentObserver, AgentOutcome, AgentRequest } from '@holdfast/workflow-sdk/ports'
import { endedByUs, runProgram, type ProgramEnd } from '../programs/runProgram.ts'
import { openTranscript, type Transcript } from '../programs/Transcript.ts'
import { claudeArguments } from './argv.ts'
import { ClaudeInput } from './ClaudeInput.ts'
import { ClaudeStream } from './ClaudeStream.ts'
import type { Environment } from '@holdfast/workspace'
import { claudeConfigFolder, claudeEnvironment } from './environment.ts'
import { claudeOutcome } from './outcome.ts'
import { readStoredCalls } from './sessionFile.ts'
import { lastMessage } from './lastMessage.ts'
import { claudeSettings } from './settings.ts'
import { unfinishedSince } from '../programs/unfinishedSince.ts'
import { addTotals, UsageLedger, type ClaudeTotal } from './UsageLedger.ts'

/** The program and the environment of the person who runs it. */
export interface ClaudeProgram {
  readonly file: string
  readonly user: Environment
}

/**
 * One process of Claude Code, from start to judgement.
 * @throws WorkflowError `AGENT_…`, `STEP_TIMED_OUT` when it fell silent; the signal's reason after an abort.
 */
export async function runClaude(
  request: AgentRequest,
  observer: AgentObserver,
  program: ClaudeProgram,
): Promise<AgentOutcome> {
  const sessionId = request.sessionId ?? randomUUID()
  const session: Session = {
    sessionId,
    model: request.model ?? claudeSettings(request.agent).model ?? null,
    file: program.file,
    env: claudeEnvironment(program.user, request),
  }
  // The id is made known before the first token is paid, so that a crash finds the session again.
  await observer.onSession(sessionId)
  const lost = await unfinishedSince(request.transcriptPath, sessionId)
  const transcript = await openTranscript(request.transcriptPath)
  try {
    const earlier = await reportLost(session, lost, observer)
    const startedAt = Date.now()
    await transcript.note('started', { sessionId, resumed: request.resume })
    const input =
      request.inbox === undefined ? null : new ClaudeInput(request.inbox, (id) => observer.onDelivered(id))
    const stream = new ClaudeStream(observer, () => performance.now(), input)
    const end = await converse(session, request, { observer, transcript, stream, input })
    input?.close()
    if (!stream.ledger.hasTotals) await recover(stream.ledger, session, startedAt)
    const total = addTotals(earlier, stream.ledger.close())
    await transcript.note('ended', { exitCode: end.exitCode, signal: end.signal, endedBy: end.endedBy })
    if (end.endedBy !== null) throw endedByUs(request, end.endedBy)
    const structured = request.outputSchema !== null
    return claudeOutcome({ end, facts: stream.facts, total, sessionId, model: session.model, structured })
  } finally {
    await transcript.close()
  }
}

interface Session {
  readonly sessionId: string
  readonly model: string | null
  readonly file: string
  readonly env: Readonly<Record<string, string>>
}

interface Listeners {
  readonly observer: AgentObserver
  readonly transcript: Transcript
  readonly stream: ClaudeStream
  readonly input: ClaudeInput | null
}

async function converse(
  session: Session,
  { copyOf, ...request }: AgentRequest,
  listeners: Listeners,
): Promise<ProgramEnd> {
  return await runProgram({
    file: session.file,
    args: claudeArguments({
      ...request,
      sessionId: session.sessionId,
      model: session.model,
      steered: listeners.input !== null,
      ...(copyOf === undefined
        ? {}
        : { copyOf: { ...copyOf, lastMessage: await lastMessage(copyOf.transcriptPath) } }),
    }),
    cwd: request.cwd,
    env: session.env,
    marker: request.marker,
    input:
      listeners.input === null ? request.prompt : (stdin) => listeners.input?.open(stdin, request.prompt),
    transcript: listeners.transcript,
    idleTimeoutMs: request.idleTimeoutMs,
    signal: request.signal,
    onProcess: (identity) => listeners.observer.onProcess(identity),
    onLine: (line) => listeners.stream.accept(line),
  })
}

/** What a process of this step used whose end nobody saw, e.g. because the worker died with it. */
async function reportLost(
  session: Session,
  since: number | null,
  observer: AgentObserver,
): Promise<ClaudeTotal> {
  const ledger = new UsageLedger((usage) => observer.onUsage(usage))
  if (since !== null) await recover(ledger, session, since)
  return ledger.close()
}

/** A killed process leaves its final numbers only in its own session files. */
async function recover(ledger: UsageLedger, session: Session, since: number): Promise<void> {
  const calls = await readStoredCalls(claudeConfigFolder(session.env), session.sessionId, since)
  for (const call of calls) ledger.recovered(call.messageId, call.model, call.usage)
}
