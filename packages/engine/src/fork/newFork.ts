import type { NewWorkflowRun } from '@holdfast/store/contract'
import type { JournalEvent } from '@holdfast/workflow-sdk'
import {
  JOURNAL_SCHEMA_VERSION,
  type EventPayloads,
  type ForkOrigin,
  type StoredValue,
} from '@holdfast/workflow-sdk/journal'
import { identitiesOf } from './identities.ts'
import { inheritedBudget } from './inheritedBudget.ts'
import type { ForkPoint } from './readForkPoint.ts'
import type { Taken } from './takeOver.ts'

type Created = EventPayloads['run.created']

/** What makes one fork different from another. */
export interface ForkChoices {
  readonly id: string
  /** ISO time of the creation of the original, and now in milliseconds since 1970. */
  readonly createdAt: string | undefined
  readonly now: number
  readonly input: { readonly stored: StoredValue; readonly text: string } | null
  readonly version: number
  /** Files of its own; null: none, or those of `workspaceId`. */
  readonly files: ForkOrigin['files']
  /** The workspace of the original, in which the run goes on itself; null: one of its own. */
  readonly workspaceId: string | null
  /** Set where the run goes on in the place of the original. */
  readonly previousRunId: string | null
}

/** The run that goes on from a fork point with what was taken over. */
export function newFork(
  created: Created,
  point: ForkPoint,
  { journal, sequences }: Taken,
  choices: ForkChoices,
): NewWorkflowRun {
  const { runId } = point
  const { id, input, version, files, workspaceId, previousRunId } = choices
  const throughSequence = journal.length + 1
  const forkedFrom: ForkOrigin = {
    runId,
    stepKey: point.step?.key ?? '',
    throughSequence,
    beganAt: beganAt(point.before),
    identities: identitiesOf({ runId, forkedFrom: created.forkedFrom }, sequences, throughSequence),
    files,
    workspaceId: point.workspace?.workspaceId ?? created.forkedFrom?.workspaceId ?? null,
  }
  const carried = inheritedBudget(point)
  return {
    ...withoutKeys(created),
    id,
    ...(input === null ? {} : { input: input.stored, taskInput: input.text }),
    workflowVersion: version,
    parentRunId: null,
    rootRunId: id,
    ...(carried === null ? {} : { budget: carried }),
    parentKey: null,
    previousRunId,
    workspaceId,
    workspaceKind: files === null ? created.workspaceKind : 'worktree',
    allowDirty: true,
    deadlineAt: deadlineOf(created, choices),
    forkedFrom,
    journal,
  }
}

/** The journal that a run will begin with, as events, before there is one. */
export function journalOf(
  { id, journal = [], ...payload }: NewWorkflowRun,
  createdAt: string,
): JournalEvent[] {
  const events = [{ event: { type: 'run.created' as const, payload }, timestamp: createdAt }, ...journal]
  return events.map(({ event, timestamp }, i) => ({
    runId: id,
    sequence: i + 1,
    timestamp,
    schemaVersion: JOURNAL_SCHEMA_VERSION,
    ...event,
  }))
}

/** Keys of a start stand for the run that was started with them, never for its forks. */
function withoutKeys(created: Created): Created {
  const { idempotency: _i, singleton: _s, debounce: _d, ...same } = created
  return same
}

/** As much time as the original had from its creation. */
function deadlineOf({ deadlineAt }: Created, { createdAt, now }: ForkChoices): string | null {
  if (deadlineAt === null || createdAt === undefined) return null
  return new Date(now + Date.parse(deadlineAt) - Date.parse(createdAt)).toISOString()
}

/** What `ctx.now()` of the original said before the first result. */
function beganAt(before: readonly JournalEvent[]): string {
  const [created] = before
  const origin = created?.type === 'run.created' ? created.payload.forkedFrom : undefined
  if (origin !== undefined) return origin.beganAt
  return before.find(({ type }) => type === 'run.started')?.timestamp ?? created?.timestamp ?? ''
}
