import type { RecordedEvent } from '../recording.ts'
import { applyOnce, editsOf } from './edits.ts'
import type { PlayerJob, PlayerMessage } from './messages.ts'
import { appendRecord, readSession, type SessionRecord, type TurnRecord } from './session.ts'
import { runShell, waitForFile } from './tools.ts'

/**
 * Plays the last turn of a session from where it stopped. Invariants:
 * 1. An event that is recorded as done does not happen again; its usage is printed again, under the
 *    same call id, because the listener may have died before it was kept.
 * 2. A file edit happens once, also when the process died between the edit and its record.
 * 3. A shell command that was under way when the process died runs again.
 */
export async function play(job: PlayerJob, say: (message: PlayerMessage) => void): Promise<void> {
  const records = (await readSession(job.sessionFile)) ?? []
  const turn = records.findLast((record) => record.type === 'turn')
  if (turn === undefined) throw new Error(`The session file ${job.sessionFile} holds no turn.`)
  say({ type: 'session', sessionId: job.sessionId, model: turn.model, turn: turn.turn })
  const failure = await playEvents(job, turn, records, say)
  if (failure !== null) return say(failure)
  await appendRecord(job.sessionFile, { type: 'ended', turn: turn.turn })
  say(
    'fail' in turn.answer
      ? { type: 'error', ...turn.answer.fail }
      : { type: 'result', ...turn.answer, stopReason: turn.answer.stopReason ?? 'end_turn' },
  )
}

type Failure = Extract<PlayerMessage, { type: 'error' }>

async function playEvents(
  job: PlayerJob,
  turn: TurnRecord,
  records: readonly SessionRecord[],
  say: (message: PlayerMessage) => void,
): Promise<Failure | null> {
  let calls = 0
  for (const [index, event] of turn.events.entries()) {
    if ('usage' in event && job.maxTurns !== null && (calls += 1) > job.maxTurns) {
      return { type: 'error', code: 'AGENT_LIMIT_REACHED', message: `Reached ${job.maxTurns} model calls.` }
    }
    const here = { type: 'done', turn: turn.turn, event: index } as const
    const done = records.some((record) => same(record, here))
    if (!done) await pause((event.delayMs ?? 0) * job.timeScale)
    const failure = await playEvent({ job, turn, records, index, event, done, say })
    if (failure !== null) return failure
    if (!done) await appendRecord(job.sessionFile, here)
  }
  return null
}

interface Step {
  readonly job: PlayerJob
  readonly turn: TurnRecord
  readonly records: readonly SessionRecord[]
  readonly index: number
  readonly event: RecordedEvent
  readonly done: boolean
  readonly say: (message: PlayerMessage) => void
}

async function playEvent(step: Step): Promise<Failure | null> {
  const { event, done, say, job } = step
  if ('usage' in event) {
    const { costUsd, ...tokens } = event.usage
    say({
      type: 'usage',
      callId: `${job.sessionId}:${step.turn.turn}:${step.index}`,
      tokens: { ...NO_TOKENS, ...tokens },
      costUsd: costUsd ?? null,
    })
  }
  if (done) return null
  if ('text' in event) say({ type: 'text', text: event.text })
  if ('tool' in event) say({ type: 'tool', text: event.tool })
  if ('waitForFile' in event) await waitForFile(job.cwd, event.waitForFile)
  if ('shell' in event) return playShell(step, event.shell)
  return playEdits(step)
}

async function playEdits({ job, turn, records, index, event, say }: Step): Promise<Failure | null> {
  const edits = editsOf(event)
  if (edits.length > 0 && job.permissionMode === 'plan') return notInPlan(index)
  for (const edit of edits) {
    say({ type: 'tool', text: `${Object.keys(event).find((key) => key !== 'delayMs')} ${edit.path}` })
    const at = { type: 'intent', turn: turn.turn, event: index, path: edit.path } as const
    const intent = records.findLast(
      (record) => record.type === 'intent' && same(record, at) && record.path === edit.path,
    )
    try {
      await applyOnce(job.cwd, edit, intent?.type === 'intent' ? intent : null, (hashes) =>
        appendRecord(job.sessionFile, { ...at, ...hashes }),
      )
    } catch (error) {
      return invalid(index, error instanceof Error ? error.message : String(error))
    }
  }
  return null
}

async function playShell(
  { job, index, say }: Step,
  shell: { command: string; allowFailure?: boolean },
): Promise<Failure | null> {
  if (job.permissionMode === 'plan') return notInPlan(index)
  say({ type: 'tool', text: `shell ${shell.command}` })
  const { exitCode, output } = await runShell(job.cwd, shell.command)
  if (exitCode === 0 || shell.allowFailure === true) return null
  return {
    type: 'error',
    code: 'AGENT_FAILED',
    message: `"${shell.command}" ended with ${exitCode}: ${output}`,
  }
}

const NO_TOKENS = {
  inputTokens: 0,
  outputTokens: 0,
  cachedReadTokens: 0,
  cachedWriteTokens: 0,
  reasoningTokens: 0,
}

function same(
  record: SessionRecord,
  at: { readonly type: string; readonly turn: number; readonly event: number },
): boolean {
  return record.type === at.type && record.turn === at.turn && 'event' in record && record.event === at.event
}

function notInPlan(index: number): Failure {
  return invalid(index, 'The step runs with the permission mode "plan", in which an agent writes nothing.')
}

function invalid(index: number, message: string): Failure {
  return { type: 'error', code: 'AGENT_RECORDING_INVALID', message: `events[${index}]: ${message}` }
}

function pause(ms: number): Promise<void> {
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms))
}
