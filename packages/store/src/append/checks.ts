import { isTerminal, WorkflowError } from '@holdfast/workflow-sdk'
import {
  TERMINAL_EVENT_TYPES,
  type JournalEventType,
  type NewJournalEvent,
} from '@holdfast/workflow-sdk/journal'
import type { RunFold } from '../projection/RunFold.ts'
import type { RunTransaction } from './RunTransaction.ts'

/** @throws WorkflowError `RUN_NOT_FOUND`. */
export function mustLoad(tx: RunTransaction, runId: string): RunFold {
  const fold = tx.load(runId)
  if (fold !== null) return fold
  throw runNotFound(runId)
}

/** The error for an id that no run has. */
export function runNotFound(runId: string): WorkflowError {
  return new WorkflowError('RUN_NOT_FOUND', `No run has the id ${runId}. List the runs to find it.`, {
    details: { runId },
  })
}

/** @throws WorkflowError `RUN_FINISHED`. */
export function checkNotOver({ run }: RunFold): void {
  if (!isTerminal(run.status)) return
  throw new WorkflowError(
    'RUN_FINISHED',
    `Run ${run.id} is over: it is ${run.status}. Start a new run instead.`,
    { details: { runId: run.id, status: run.status } },
  )
}

/** @throws WorkflowError `RUN_FINISHED`, `OWNERSHIP_LOST`. */
export function checkOwner(fold: RunFold, ownerToken: string): void {
  checkNotOver(fold)
  if (fold.run.owner_token === ownerToken) return
  throw new WorkflowError(
    'OWNERSHIP_LOST',
    `This worker does not own run ${fold.run.id} any more; what it wanted to write is refused. Stop working on the run.`,
    { details: { runId: fold.run.id } },
  )
}

/** Events that the calls of the queue write, never an append. */
const WRITTEN_BY_CALLS: readonly JournalEventType[] = [
  'run.created',
  'run.started',
  'run.resumed',
  'run.parked',
]

/** @throws WorkflowError `EVENT_NOT_ALLOWED` for events that have a call of their own, or come after the end. */
export function checkOwnerEvents(runId: string, events: readonly NewJournalEvent[]): void {
  const reserved = events.find((event) => WRITTEN_BY_CALLS.includes(event.type))
  if (reserved !== undefined) {
    throw new WorkflowError(
      'EVENT_NOT_ALLOWED',
      `${reserved.type} of run ${runId} is written by creating, claiming or parking the run. Use that call.`,
      { details: { runId, type: reserved.type } },
    )
  }
  const end = events.findIndex(({ type }) => isEnd(type))
  if (end < 0 || end === events.length - 1) return
  throw new WorkflowError(
    'EVENT_NOT_ALLOWED',
    `${events[end + 1]?.type} of run ${runId} comes after ${events[end]?.type}, which ends the run. Put the end last.`,
    { details: { runId, type: events[end + 1]?.type } },
  )
}

/** Whether an event of this type ends its run. */
function isEnd(type: JournalEventType): boolean {
  return (TERMINAL_EVENT_TYPES as readonly JournalEventType[]).includes(type)
}

/** Events that bring a run to its end: they are accepted beyond the limit, so that a run can always be ended. */
const BRINGS_END: ReadonlySet<JournalEventType> = new Set([
  ...TERMINAL_EVENT_TYPES,
  'run.updated',
  'run.cancel-requested',
  'step.completed',
  'step.failed',
  'step.cancelled',
  'wait.satisfied',
  'approval.withdrawn',
  'agent.completed',
  'agent.failed',
  'child.completed',
] satisfies JournalEventType[])

/** @throws WorkflowError `JOURNAL_TOO_LONG`. */
export function checkLength(tx: RunTransaction, { run }: RunFold, events: readonly NewJournalEvent[]): void {
  if (run.last_sequence + events.length <= tx.limits.stopAt) return
  if (events.every((event) => BRINGS_END.has(event.type))) return
  throw new WorkflowError(
    'JOURNAL_TOO_LONG',
    `The journal of run ${run.id} has ${run.last_sequence} events; the limit is ${tx.limits.stopAt}. Split the work into children, or let a long loop go on with ctx.continueAs(input).`,
    { details: { runId: run.id, events: run.last_sequence, limit: tx.limits.stopAt } },
  )
}

/** @throws WorkflowError `PAYLOAD_INVALID` for a value whose blob is not in the store. */
export function checkBlobs(tx: RunTransaction, runId: string, events: readonly NewJournalEvent[]): void {
  for (const event of events) {
    const blob = blobOf(event)
    if (blob === undefined || tx.hasBlob(blob.hash)) continue
    throw new WorkflowError(
      'PAYLOAD_INVALID',
      `${event.type} of run ${runId} refers to the blob ${blob.hash}, which is not in the store. Put the blob first.`,
      { details: { runId, type: event.type, hash: blob.hash } },
    )
  }
}

function blobOf(event: NewJournalEvent): { readonly hash: string } | undefined {
  switch (event.type) {
    case 'run.created':
      return event.payload.input.blob
    case 'run.updated':
      return event.payload.input?.blob
    case 'run.completed':
    case 'step.completed':
      return event.payload.output.blob
    default:
      return undefined
  }
}
