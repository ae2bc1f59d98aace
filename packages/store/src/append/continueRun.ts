import type { AppendReceipt, NewWorkflowRun, OwnerAppend } from '../contract/index.ts'
import type { PreparedEvent } from '../payload/prepare.ts'
import { createRun, type CreatedRun } from '../queue/createRun.ts'
import type { Program } from '../queue/program.ts'
import type { QueueReads } from '../queue/QueueReads.ts'
import { appendAsOwner } from './appendAsOwner.ts'
import { checkBlobs } from './checks.ts'
import type { RunTransaction } from './RunTransaction.ts'

/**
 * Ends a run and creates its successor (J5). A parent that waits is not told of this end: the successor has
 * taken over its parent and key, and tells it when the work is done.
 */
export function* completeAndContinue(
  tx: RunTransaction,
  reads: QueueReads,
  append: OwnerAppend,
  events: readonly PreparedEvent[],
  successor: NewWorkflowRun,
): Program<CreatedRun & { readonly receipt: AppendReceipt }> {
  const { id, startAt: _startAt, claim: _claim, journal: _journal, ...payload } = successor
  // Checked first: once the end is written, nothing may fail any more.
  checkBlobs(tx, id, [{ type: 'run.created', payload }])
  const takesOver = successor.parentRunId !== null && successor.parentKey !== null
  const receipt = appendAsOwner(tx, append, events, { tellParent: !takesOver })
  return { receipt, ...(yield* createRun(tx, reads, successor)) }
}
