import { JOURNAL_SCHEMA_VERSION } from '@holdfast/workflow-sdk/journal'
import { isTerminal } from '@holdfast/workflow-sdk'
import type { AppendReceipt } from '../contract/index.ts'
import type { PreparedEvent } from '../payload/prepare.ts'
import { prepareEvents } from '../payload/prepare.ts'
import type { RunFold } from '../projection/RunFold.ts'
import { makeDue } from '../queue/due.ts'
import type { RunTransaction } from './RunTransaction.ts'

/**
 * Appends events to a run and does what follows from them in the same transaction: a parent hears of the
 * end of its child, a journal that grows long is warned of once.
 */
export function writeEvents(
  tx: RunTransaction,
  fold: RunFold,
  events: readonly PreparedEvent[],
  options: { readonly externalId?: string | null; readonly tellParent?: boolean } = {},
): AppendReceipt {
  const first = fold.run.last_sequence + 1
  for (const event of events)
    fold.append(event, tx.timestamp, JOURNAL_SCHEMA_VERSION, options.externalId ?? null)
  const last = fold.run.last_sequence
  if (first <= tx.limits.warnAt && last >= tx.limits.warnAt) warn(tx, fold)
  if (isTerminal(fold.run.status) && options.tellParent !== false) tellParent(tx, fold)
  return { runId: fold.run.id, first, last, timestamp: tx.timestamp }
}

function warn(tx: RunTransaction, fold: RunFold): void {
  if (isTerminal(fold.run.status)) return
  const warning = `The journal has ${fold.run.last_sequence} events and is refused at ${tx.limits.stopAt}. Let long loops go on with ctx.continueAs(input).`
  for (const event of prepareEvents(fold.run.id, [{ type: 'run.updated', payload: { warning } }])) {
    fold.append(event, tx.timestamp, JOURNAL_SCHEMA_VERSION)
  }
}

function tellParent(tx: RunTransaction, { run }: RunFold): void {
  if (run.parent_run_id === null || run.parent_key === null || !isTerminal(run.status)) return
  const parent = tx.load(run.parent_run_id)
  if (parent === null || isTerminal(parent.run.status)) return
  const externalId = `child:${run.id}`
  if (tx.findExternal(parent.run.id, externalId) !== null) return
  const payload = { key: run.parent_key, childRunId: run.id, status: run.status }
  const events = prepareEvents(parent.run.id, [{ type: 'child.completed', payload }])
  writeEvents(tx, parent, events, { externalId })
  makeDue(tx, parent, 'child.completed')
}
