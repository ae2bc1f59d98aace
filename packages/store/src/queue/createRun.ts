import { JOURNAL_SCHEMA_VERSION, type EventPayloads } from '@holdfast/workflow-sdk/journal'
import { externalIdOf } from '../append/appendFromOutside.ts'
import { checkBlobs } from '../append/checks.ts'
import type { RunTransaction } from '../append/RunTransaction.ts'
import { writeEvents } from '../append/writeEvents.ts'
import type { NewWorkflowRun, TakenOver } from '../contract/index.ts'
import { keptCreated } from '../payload/kept.ts'
import type { PreparedEvent } from '../payload/prepare.ts'
import { prepareEvents } from '../payload/prepare.ts'
import { newRunColumns } from '../projection/newRun.ts'
import type { RunFold } from '../projection/RunFold.ts'
import { claimRun, type Claim } from './claimRun.ts'
import { holdBack, gatesOf, hasRoom } from './gates.ts'
import type { QueueReads } from './QueueReads.ts'
import { wait, type Program } from './program.ts'
import { existingRun } from './starts.ts'

/** What creating a run did. */
export interface CreatedRun {
  readonly fold: RunFold
  readonly created: boolean
  readonly claim: Claim | null
}

/**
 * Creates a run. One with this id that exists already is answered as it is (S5), and so is the run that its
 * keys stand for.
 * @throws WorkflowError `IDEMPOTENCY_KEY_REUSED`, `SINGLETON_CONFLICT`, `PAYLOAD_INVALID`.
 */
export function* createRun(
  tx: RunTransaction,
  reads: QueueReads,
  wanted: NewWorkflowRun,
): Program<CreatedRun> {
  const known = yield* wait(reads.load(wanted.id))
  if (known !== null) return { fold: known, created: false, claim: null }
  const { id, startAt, claim, journal = [], ...rest } = wanted
  const payload: EventPayloads['run.created'] = rest
  checkBlobs(tx, id, [{ type: 'run.created', payload }, ...journal.map(({ event: taken }) => taken)])
  const place = payload.workspaceId ?? payload.forkedFrom?.workspaceId ?? null
  const hostId = place === null ? null : yield* wait(reads.hostOf(place))
  const columns = newRunColumns(id, payload, tx.timestamp, startAt ?? firstDue(tx, payload), hostId)
  const existing = yield* existingRun(tx, reads, columns, payload)
  if (existing !== null) return { fold: existing, created: false, claim: null }
  // A worker whose row is gone is thought dead: what it claimed now nobody would ever take over.
  const mayClaim = claim !== undefined && (yield* wait(reads.placesOf(claim.workerId))).length > 0
  const fold = tx.create(columns)
  const event: PreparedEvent = {
    event: { type: 'run.created', payload },
    keptText: JSON.stringify(keptCreated(payload, fold.run)),
  }
  writeEvents(tx, fold, [event])
  takeOver(tx, fold, journal)
  yield* queueUp(tx, reads, fold)
  const claimed = mayClaim && fold.run.held_by === null
  return { fold, created: true, claim: claimed ? claimRun(tx, fold, claim.workerId, claim.cause) : null }
}

/** What a fork begins with: the events of another run, with the times that they had there. */
function takeOver(tx: RunTransaction, fold: RunFold, journal: readonly TakenOver[]): void {
  for (const { event, timestamp } of journal) {
    const externalId = externalIdOf(event)
    for (const prepared of prepareEvents(fold.run.id, [event]))
      fold.append(prepared, timestamp, JOURNAL_SCHEMA_VERSION, externalId)
  }
  if (journal.length > 0) fold.change({ updated_at: tx.timestamp })
}

/** Checks a new run before a transaction begins. @throws WorkflowError `PAYLOAD_INVALID`. */
export function checkNewRun(run: NewWorkflowRun): void {
  const { id, startAt: _startAt, claim: _claim, journal = [], ...payload } = run
  prepareEvents(id, [{ type: 'run.created', payload }, ...journal.map(({ event }) => event)])
}

function firstDue({ timestamp }: RunTransaction, { debounce }: EventPayloads['run.created']): string {
  if (debounce === undefined) return timestamp
  return new Date(Date.parse(timestamp) + debounce.waitMs).toISOString()
}

/** A run whose key has no room, or already has a run in the line that is not less urgent, begins behind it. */
function* queueUp(tx: RunTransaction, reads: QueueReads, fold: RunFold): Program<void> {
  const { run } = fold
  const now = tx.timestamp
  if (run.due_at !== null && run.due_at > now) {
    fold.change({ held_by: 'timer', held_at: now })
    return
  }
  for (const gate of gatesOf(run)) {
    yield* wait(reads.lock(gate))
    const isBehind = yield* wait(reads.hasReady(gate, run, now))
    if (!isBehind && (yield* hasRoom(run, gate, reads, now))) continue
    holdBack(tx, fold, gate.by)
    return
  }
}
