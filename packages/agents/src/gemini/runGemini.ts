import { randomUUID } from 'node:crypto'
import type { AgentObserver, AgentOutcome, AgentRequest } from '@holdfast/workflow-sdk/ports'
import type { Environment } from '@holdfast/workspace'
import { unfinishedSince } from '../programs/unfinishedSince.ts'
import { endedByUs, runProgram } from '../programs/runProgram.ts'
import { askForJson } from '../programs/structuredAnswer.ts'
import { openTranscript } from '../programs/Transcript.ts'
import { geminiArguments } from './argv.ts'
import { geminiEnvironment, geminiFolder } from './environment.ts'
import { GeminiStream } from './GeminiStream.ts'
import { geminiOutcome } from './outcome.ts'
import { readStoredCalls } from './sessionFile.ts'
import { geminiSettings } from './settings.ts'
import { reportUsage, sum } from './usage.ts'

/** The program and the environment of the person who runs it. */
export interface GeminiProgram {
  readonly file: string
  readonly user: Environment
}

/**
 * One process of Gemini CLI, from start to judgement. Its calls are counted from its own session file when
 * it has ended, since its events hold totals only.
 * @throws WorkflowError `AGENT_…`, `STEP_TIMED_OUT` when it fell silent; the signal's reason after an abort.
 */
export async function runGemini(
  request: AgentRequest,
  observer: AgentObserver,
  program: GeminiProgram,
): Promise<AgentOutcome> {
  const sessionId = request.sessionId ?? randomUUID()
  const model = request.model ?? geminiSettings(request.agent).model ?? null
  const env = geminiEnvironment(program.user, request)
  // The id is made known before the first token is paid, so that a crash finds the session again.
  await observer.onSession(sessionId)
  const lost = await unfinishedSince(request.transcriptPath, sessionId)
  const transcript = await openTranscript(request.transcriptPath)
  try {
    const startedAt = Date.now()
    await transcript.note('started', { sessionId, resumed: request.resume })
    const stream = new GeminiStream(observer)
    const end = await runProgram({
      file: program.file,
      args: geminiArguments({ ...request, sessionId, model }),
      cwd: request.cwd,
      env,
      marker: request.marker,
      input: askForJson(request.prompt, request.outputSchema),
      transcript,
      idleTimeoutMs: request.idleTimeoutMs,
      signal: request.signal,
      onProcess: (identity) => observer.onProcess(identity),
      onLine: (line) => stream.accept(line),
    })
    stream.end()
    // What a process used whose worker died with it was never reported, so its calls count here too.
    const earlier = lost === null ? [] : await readStoredCalls(geminiFolder(env), sessionId, lost)
    const calls = await readStoredCalls(geminiFolder(env), sessionId, startedAt)
    const own = new Set(calls.map(({ id }) => id))
    const report = observer.onUsage.bind(observer)
    const unseen = earlier.filter(({ id }) => !own.has(id))
    const usage = sum([
      reportUsage(unseen, { result: null, sessionId }, report),
      reportUsage(calls, { result: stream.facts.result, sessionId }, report),
    ])
    await transcript.note('ended', { exitCode: end.exitCode, signal: end.signal, endedBy: end.endedBy })
    if (end.endedBy !== null) throw endedByUs(request, end.endedBy)
    const structured = request.outputSchema !== null
    return geminiOutcome({ end, facts: stream.facts, usage, sessionId, structured })
  } finally {
    await transcript.close()
  }
}
