import type { AppendReceipt, OwnerAppend } from '../contract/index.ts'
import type { PreparedEvent } from '../payload/prepare.ts'
import type { RunFold } from '../projection/RunFold.ts'
import { checkBlobs, checkLength, checkOwner, checkOwnerEvents, mustLoad } from './checks.ts'
import type { RunTransaction } from './RunTransaction.ts'
import { writeEvents } from './writeEvents.ts'

/**
 * An append of a run's owner (J1, J3). The id of the last append is kept with the run: an owner sends one
 * at a time, so the last is the only one whose outcome it may not know. Without an id nothing is kept.
 */
export function appendAsOwner(
  tx: RunTransaction,
  append: Omit<OwnerAppend, 'appendId'> & { readonly appendId: string | null },
  events: readonly PreparedEvent[],
  options: { readonly tellParent?: boolean } = {},
): AppendReceipt {
  const fold = mustLoad(tx, append.runId)
  const known = append.appendId === null ? null : receiptOf(tx, fold, append.appendId)
  if (known !== null) return known
  checkOwner(fold, append.ownerToken)
  checkOwnerEvents(append.runId, append.events)
  checkLength(tx, fold, append.events)
  checkBlobs(tx, append.runId, append.events)
  const receipt = writeEvents(tx, fold, events, options)
  if (append.appendId !== null) {
    fold.change({
      last_append_id: append.appendId,
      last_append_first: receipt.first,
      last_append_last: receipt.last,
    })
  }
  return receipt
}

/** The receipt that an append was given before; null when it is new. */
function receiptOf(tx: RunTransaction, { run }: RunFold, appendId: string): AppendReceipt | null {
  if (run.last_append_id !== appendId || run.last_append_first === null || run.last_append_last === null)
    return null
  return {
    runId: run.id,
    first: run.last_append_first,
    last: run.last_append_last,
    timestamp: tx.timestampOf(run.id, run.last_append_first),
  }
}
