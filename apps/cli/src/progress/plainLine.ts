import type { ErrorRecord, JournalEvent } from '@holdfast/workflow-sdk'
import type { EventOf } from '@holdfast/workflow-sdk/journal'
import { formatCost, formatDuration, formatTime, formatTokens, oneLine, shortId } from '../output/format.ts'
import type { PlaceOf } from '../output/place.ts'
import { parentOf } from './parentOf.ts'
import type { RunProgress, StepProgress } from './RunProgress.ts'

/**
 * The line that says an event where there is no terminal, or null for events that need none.
 * @param run The run after the event.
 * @param place Where errors come from.
 * @param rootId The run that is followed; lines of others begin with the run that they are about.
 */
export function plainLine(
  event: JournalEvent,
  run: RunProgress,
  place: PlaceOf,
  rootId: string = run.runId,
): string | null {
  const text = describe(event, run, place)
  if (text === null) return null
  const isNamed = run.runId === rootId || text.startsWith('run ')
  const whose = isNamed ? '' : `${run.workflowName} ${shortId(run.runId)}: `
  return `${formatTime(event.timestamp)} ${whose}${text}`
}

function describe(event: JournalEvent, run: RunProgress, place: PlaceOf): string | null {
  const reason = (error: ErrorRecord): string => {
    const found = place(error)
    return `${oneLine(error.message)}${found === null ? '' : ` (at ${found})`}`
  }
  const step = (key: string): StepProgress | undefined => run.steps.get(key)
  const named = (key: string): string => `step ${stepPath(run, key)}`
  const name = `run ${shortId(run.runId)} (${run.workflowName})`
  switch (event.type) {
    case 'run.created':
      return `${name} created`
    case 'run.started':
      return `${name} started`
    case 'run.resumed':
      return `${name} goes on (${event.payload.cause})`
    case 'run.parked':
      return `${name} waits: ${oneLine(event.payload.waitingFor.detail)}`
    case 'run.paused':
      return `${name} paused`
    case 'run.cancel-requested':
      return `${name} is being cancelled`
    case 'run.completed':
      return `${name} completed in ${lasted(run)}${spent(run)}`
    case 'run.failed':
    case 'run.timed_out':
      return `${name} ${run.status.replace('_', ' ')}: ${reason(event.payload.error)}`
    case 'run.cancelled':
    case 'run.killed':
      return `${name} ${run.status}`
    case 'step.started': {
      const { attempt, maxAttempts, key } = event.payload
      return attempt === 1 ? `${named(key)} started` : `${named(key)} attempt ${attempt}/${maxAttempts}`
    }
    case 'step.completed':
      return `${named(event.payload.key)} completed in ${formatDuration(event.payload.durationMs)}${spent(step(event.payload.key))}`
    case 'step.failed':
      return `${named(event.payload.key)} failed: ${reason(event.payload.error)}`
    case 'step.retrying':
      return `${named(event.payload.key)} failed and is tried again at ${formatTime(event.payload.retryAt)}: ${reason(event.payload.error)}`
    case 'step.skipped':
      return `${named(event.payload.key)} skipped`
    case 'step.cancelled':
      return `${named(event.payload.key)} cancelled`
    case 'comment.added':
      return `comment: ${oneLine(event.payload.message)}`
    case 'artifact.created':
      return `artifact ${oneLine(event.payload.name)}: ${event.payload.storagePath}`
    case 'message.added':
      return said(event.payload)
    case 'message.delivered':
      return `${named(event.payload.stepKey)}: its agent has ${event.payload.messages.length === 1 ? 'the message' : 'the messages'}`
    case 'agent.updated':
      return event.payload.note === undefined
        ? null
        : `${named(event.payload.stepKey)}: ${oneLine(event.payload.note)}`
    case 'wait.started':
      return event.payload.kind === 'child'
        ? null
        : `waits for ${event.payload.kind} ${oneLine(event.payload.detail)}${event.payload.until === null ? '' : ` until ${event.payload.until}`}`
    case 'approval.requested':
      return `asks: ${oneLine(event.payload.title)}${askedAgain(event.payload)}`
    case 'approval.answered':
      return `answered: ${event.payload.approved ? 'yes' : 'no'}${event.payload.by === null ? '' : ` by ${event.payload.by}`}`
    default:
      return null
  }
}

/** Characters of a message that a line shows. */
const LONGEST = 500

/** A message as a line; null for what the run was started with. */
export function said({ messageType, by, text }: EventOf<'message.added'>['payload']): string | null {
  if (messageType === 'workflow_start') return null
  const words = oneLine(text)
  const short = words.length > LONGEST ? `${words.slice(0, LONGEST)}…` : words
  return `${oneLine(by ?? 'a person')}: ${short}`
}

/** Why a question is put once more, which stands at the end of its text. */
function askedAgain({ revision, body, because }: EventOf<'approval.requested'>['payload']): string {
  if (because !== undefined) return ` (again: the files have changed since it was shown)`
  return revision === 1 ? '' : ` (again) ${oneLine(body.slice(body.lastIndexOf('\n') + 1))}`
}

/** Names of the steps around a step and its own: `build > test`. */
function stepPath(run: RunProgress, key: string): string {
  const found = run.steps.get(key)
  if (found === undefined) return oneLine(key)
  const name = oneLine(found.name)
  const parent = parentOf(run, found)
  return parent === null ? name : `${stepPath(run, parent)} > ${name}`
}

function lasted(run: RunProgress): string {
  return formatDuration(Date.parse(run.endedAt ?? run.createdAt) - Date.parse(run.startedAt ?? run.createdAt))
}

function spent(of: { readonly usage: RunProgress['usage'] } | undefined): string {
  if (of === undefined || (of.usage.tokens === 0 && of.usage.costUsd === null)) return ''
  return ` (${formatTokens(of.usage.tokens)} tokens, ${formatCost(of.usage.costUsd)})`
}
