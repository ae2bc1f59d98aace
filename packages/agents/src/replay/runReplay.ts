import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { AgentObserver, AgentOutcome, AgentRequest } from '@holdfast/workflow-sdk/ports'
import { baseEnvironment, type Environment } from '@holdfast/workspace'
import { endedByUs, runProgram, type ProgramEnd } from '../programs/runProgram.ts'
import { openTranscript } from '../programs/Transcript.ts'
import { compileCache } from './compileCache.ts'
import { loadRecording } from './loadRecording.ts'
import { ReplayStream } from './ReplayStream.ts'
import type { PlayerJob } from './player/messages.ts'
import { prepareTurn } from './prepareTurn.ts'
import { replaySettings } from './settings.ts'
import { replayStateFolder } from './stateFolder.ts'

/** The player runs from source and from a build alike. */
const PLAYER = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './player/main.ts' : './player/main.js', import.meta.url),
)

/**
 * One process of the player, from start to judgement.
 * @throws WorkflowError as recorded, `AGENT_RECORDING_INVALID`, `AGENT_SESSION_NOT_FOUND`,
 * `STEP_TIMED_OUT` when it fell silent; the signal's reason after an abort.
 */
export async function runReplay(
  request: AgentRequest,
  observer: AgentObserver,
  user: Environment,
): Promise<AgentOutcome> {
  const { recording, timeScale } = replaySettings(request.agent)
  const sessionId = request.sessionId ?? randomUUID()
  await observer.onSession(sessionId)
  const sessionFile = await prepareTurn({
    prompt: request.prompt,
    ...(request.stepName === undefined ? {} : { stepName: request.stepName }),
    marker: request.marker,
    resume: request.resume,
    ...(request.copyOf === undefined ? {} : { copyOf: request.copyOf }),
    ...(request.recovers === undefined ? {} : { recovers: request.recovers }),
    sessionId,
    stateFolder: replayStateFolder(user),
    rules: () => loadRecording(path.resolve(request.cwd, recording)),
  })
  const { permissionMode, maxTurns, cwd } = request
  const job: PlayerJob = { sessionFile, sessionId, cwd, timeScale, permissionMode, maxTurns }
  const stream = new ReplayStream(observer)
  const end = await runPlayer(request, observer, { job, stream, env: baseEnvironment(request.env, user) })
  if (end.endedBy !== null) throw endedByUs(request, end.endedBy)
  return judge(stream, end, request, sessionId)
}

interface Player {
  readonly job: PlayerJob
  readonly stream: ReplayStream
  readonly env: Readonly<Record<string, string>>
}

async function runPlayer(
  request: AgentRequest,
  observer: AgentObserver,
  player: Player,
): Promise<ProgramEnd> {
  const transcript = await openTranscript(request.transcriptPath)
  const cache = compileCache(player.env)
  try {
    return await runProgram({
      file: process.execPath,
      args: [PLAYER, ...cache.args],
      cwd: request.cwd,
      env: { ...player.env, ...cache.env },
      marker: request.marker,
      input: JSON.stringify(player.job),
      transcript,
      idleTimeoutMs: request.idleTimeoutMs,
      signal: request.signal,
      onProcess: (identity) => observer.onProcess(identity),
      onLine: (line) => player.stream.accept(line),
    })
  } finally {
    await transcript.close()
  }
}

function judge(
  stream: ReplayStream,
  end: ProgramEnd,
  request: AgentRequest,
  sessionId: string,
): AgentOutcome {
  const { result, error, usage, costUsd } = stream
  const details = { agent: 'replay', sessionId, exitCode: end.exitCode, signal: end.signal }
  if (error !== null) throw new WorkflowError(error.code, error.message, { details })
  if (result === null || end.exitCode !== 0) {
    const how = end.signal === null ? `left with exit code ${end.exitCode}` : `was ended by ${end.signal}`
    const said = end.stderr === '' ? '' : ` It said: ${end.stderr.trim().slice(0, 2000)}`
    throw new WorkflowError(
      'AGENT_FAILED',
      `The replay ${how} before its answer; its session ${sessionId} can be resumed.${said}`,
      { details },
    )
  }
  if (request.outputSchema !== null && result.output === undefined) {
    throw new WorkflowError(
      'AGENT_RECORDING_INVALID',
      'The step asks for a structured answer, and the recorded answer has no "output". Add one to the rule.',
      { details },
    )
  }
  const output = request.outputSchema === null ? undefined : result.output
  return { text: result.text, output, sessionId, usage, costUsd, stopReason: result.stopReason }
}
