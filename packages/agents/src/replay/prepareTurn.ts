import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { AgentRequest } from '@holdfast/workflow-sdk/ports'
import { takeCallNumber } from './calls.ts'
import type { LoadedRule } from './loadRecording.ts'
import { appendRecord, readSession, type SessionRecord, type TurnRecord } from './player/session.ts'

/** What decides which turn is played. */
export interface TurnRequest extends Pick<
  AgentRequest,
  'prompt' | 'stepName' | 'marker' | 'resume' | 'copyOf' | 'recovers'
> {
  readonly sessionId: string
  /** Folder of all replayed sessions. */
  readonly stateFolder: string
  /** The rules; only read when a new turn begins. */
  readonly rules: () => Promise<readonly LoadedRule[]>
}

/**
 * Makes sure that the session's last turn is the one to play, and answers the session's file:
 * 1. a turn that did not come to its answer goes on, whatever the prompt says;
 * 2. a turn that ended for the same step and prompt, or whose step is being recovered, is answered again;
 * 3. otherwise a new turn begins, chosen by the rules and kept in the session before it is played.
 * @throws WorkflowError `AGENT_SESSION_NOT_FOUND`, `AGENT_RECORDING_INVALID` (nothing fits the prompt).
 */
export async function prepareTurn(request: TurnRequest): Promise<string> {
  const file = path.join(request.stateFolder, 'sessions', `${request.sessionId}.jsonl`)
  if (request.copyOf !== undefined) await copySession(request.stateFolder, request.copyOf, file)
  const records = await readSession(file)
  const last = lastTurn(records)
  if (last === undefined && request.resume) throw notFound(request.sessionId)
  if (last !== undefined && isSameTurn(last, records ?? [], request)) return file
  const turn = (last?.turn ?? 0) + 1
  const { rule } = await chooseRule(request, turn)
  await mkdir(path.dirname(file), { recursive: true })
  await appendRecord(file, {
    type: 'turn',
    turn,
    stepId: request.marker.stepId,
    prompt: request.prompt,
    model: rule.model ?? 'recorded',
    events: rule.events ?? [],
    answer: rule.answer,
  })
  return file
}

/** Begins a session with what another one says up to the turn of a transcript; one that has begun is left as it is. */
async function copySession(
  stateFolder: string,
  { sessionId, transcriptPath }: NonNullable<TurnRequest['copyOf']>,
  file: string,
): Promise<void> {
  if (existsSync(file)) return
  const records = await readSession(path.join(stateFolder, 'sessions', `${sessionId}.jsonl`))
  if (records === null) throw notFound(sessionId)
  const transcript = await readFile(transcriptPath, 'utf8').catch(() => '')
  const turns = [...transcript.matchAll(/^\{"type":"session",.*"turn":(\d+)\}$/gm)].map(([, turn]) =>
    Number(turn),
  )
  const last = turns.length === 0 ? Infinity : Math.max(...turns)
  const kept = records.filter(({ turn }) => turn <= last)
  const partial = `${file}.partial`
  await writeFile(partial, kept.map((record) => `${JSON.stringify(record)}\n`).join(''))
  await rename(partial, file)
}

function lastTurn(records: readonly SessionRecord[] | null): TurnRecord | undefined {
  return records?.findLast((record) => record.type === 'turn')
}

function isSameTurn(last: TurnRecord, records: readonly SessionRecord[], request: TurnRequest): boolean {
  const ended = records.some((record) => record.type === 'ended' && record.turn === last.turn)
  return (
    !ended ||
    (last.stepId === request.marker.stepId &&
      (request.recovers === true || (last.prompt === request.prompt && !('fail' in last.answer))))
  )
}

async function chooseRule(request: TurnRequest, turn: number): Promise<LoadedRule> {
  const rules = await request.rules()
  const calls = path.join(request.stateFolder, 'runs', request.marker.runId, 'calls')
  for (const loaded of rules) {
    const { step, prompt, call } = loaded.rule.when
    if (step !== undefined && step !== request.stepName) continue
    if (prompt !== undefined && !new RegExp(prompt, 'i').test(request.prompt)) continue
    if (call === undefined) return loaded
    const condition = JSON.stringify([step ?? null, prompt ?? null])
    if ((await takeCallNumber(calls, condition, `${request.sessionId}#${turn}`)) === call) return loaded
  }
  throw nothingFits(request, rules)
}

function nothingFits(request: TurnRequest, rules: readonly LoadedRule[]): WorkflowError {
  const files = [...new Set(rules.map(({ file }) => file))]
  const step = request.stepName ?? null
  return new WorkflowError(
    'AGENT_RECORDING_INVALID',
    `No rule of ${files.join(', ') || 'the recording'} fits the step ${JSON.stringify(step)} with the prompt ${JSON.stringify(clip(request.prompt))}. Add a rule whose "when" fits, or one with an empty "when" at the end.`,
    {
      details: { step, prompt: clip(request.prompt), files, conditions: rules.map(({ rule }) => rule.when) },
    },
  )
}

function clip(prompt: string): string {
  return prompt.length > 300 ? `${prompt.slice(0, 300)}…` : prompt
}

function notFound(sessionId: string): WorkflowError {
  return new WorkflowError(
    'AGENT_SESSION_NOT_FOUND',
    `There is no replayed session ${sessionId} to resume. Start a new one, or look whether HOLDFAST_REPLAY_STATE is the one of the first start.`,
    { details: { agent: 'replay', sessionId } },
  )
}
