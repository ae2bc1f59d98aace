import type { EventPayloads } from '@holdfast/workflow-sdk/journal'
import { checkBlobs } from '../append/checks.ts'
import type { RunTransaction } from '../append/RunTransaction.ts'
import { writeEvents } from '../append/writeEvents.ts'
import type { NewWorkflowRun } from '../contract/index.ts'
import { keptCreated } from '../payload/kept.ts'
import type { PreparedEvent } from '../payload/prepare.ts'
import { prepareEvents } from '../payload/prepare.ts'
import { newRunColumns } from '../projection/newRun.ts'
import type { RunFold } from '../projection/RunFold.ts'
import { claimRun, type Claim } from './claimRun.ts'

/** What creating a run did. */
export interface CreatedRun {
  readonly fold: RunFold
  readonly created: boolean
  readonly claim: Claim | null
}

/** Creates a run; one with this id that exists already is answered as it is (S5). */
export function createRun(tx: RunTransaction, wanted: NewWorkflowRun): CreatedRun {
  const existing = tx.load(wanted.id)
  if (existing !== null) return { fold: existing, created: false, claim: null }
  const { id, startAt, claim, ...rest } = wanted
  const payload: EventPayloads['run.created'] = rest
  checkBlobs(tx, id, [{ type: 'run.created', payload }])
  const fold = tx.create(newRunColumns(id, payload, tx.timestamp, startAt ?? tx.timestamp))
  const event: PreparedEvent = {
    event: { type: 'run.created', payload },
    keptText: JSON.stringify(keptCreated(payload, fold.run)),
  }
  writeEvents(tx, fold, [event])
  return {
    fold,
    created: true,
    claim: claim === undefined ? null : claimRun(tx, fold, claim.workerId, claim.cause),
  }
}

/** Checks a new run before a transaction begins. @throws WorkflowError `PAYLOAD_INVALID`. */
export function checkNewRun({ id, startAt: _startAt, claim: _claim, ...payload }: NewWorkflowRun): void {
  prepareEvents(id, [{ type: 'run.created', payload }])
}
