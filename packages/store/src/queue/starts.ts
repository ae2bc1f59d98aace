import { WorkflowError } from '@holdfast/workflow-sdk'
import type { EventPayloads } from '@holdfast/workflow-sdk/journal'
import type { RunTransaction } from '../append/RunTransaction.ts'
import { writeEvents } from '../append/writeEvents.ts'
import { prepareEvents } from '../payload/prepare.ts'
import type { RunFold } from '../projection/RunFold.ts'
import type { RunColumns } from '../projection/rows.ts'
import type { QueueReads } from './QueueReads.ts'
import { wait, type Program } from './program.ts'

type Created = EventPayloads['run.created']

/**
 * The run that the keys of a start stand for already; null when it makes a new one. The idempotency key goes
 * before the singleton key, that before the debounce key.
 * @throws WorkflowError `IDEMPOTENCY_KEY_REUSED`, `SINGLETON_CONFLICT`.
 */
export function* existingRun(
  tx: RunTransaction,
  reads: QueueReads,
  wanted: RunColumns,
  payload: Created,
): Program<RunFold | null> {
  const { workflow_id, idempotency_key, singleton_key, debounce_key } = wanted
  if (idempotency_key !== null) {
    const fold = yield* found(reads, yield* wait(reads.withIdempotencyKey(workflow_id, idempotency_key)))
    if (fold !== null) return sameInput(fold, wanted)
  }
  if (singleton_key !== null) {
    const fold = yield* found(reads, yield* wait(reads.withSingletonKey(workflow_id, singleton_key)))
    // A debounced run that has not begun takes the newer input below.
    const goesOn = fold !== null && (debounce_key === null || fold.run.debounce_key !== debounce_key)
    if (fold !== null && (goesOn || fold.run.started_at !== null)) return singleton(fold, payload)
  }
  if (debounce_key === null || payload.debounce === undefined) return null
  const fold = yield* found(reads, yield* wait(reads.withDebounceKey(workflow_id, debounce_key)))
  return fold === null ? null : replaceInput(tx, fold, payload, payload.debounce)
}

function* found(reads: QueueReads, id: string | null): Program<RunFold | null> {
  return id === null ? null : yield* wait(reads.load(id))
}

function sameInput(fold: RunFold, wanted: RunColumns): RunFold {
  const { id, workflow_name, idempotency_key, input_hash } = fold.run
  if (input_hash === wanted.input_hash) return fold
  throw new WorkflowError(
    'IDEMPOTENCY_KEY_REUSED',
    `Run ${id} of workflow "${workflow_name}" was started with the idempotency key ${JSON.stringify(idempotency_key)} and another input. Use a new key for a new input.`,
    { details: { runId: id, idempotencyKey: idempotency_key } },
  )
}

function singleton(fold: RunFold, { singleton: wanted }: Created): RunFold {
  const { id, workflow_name, status, singleton_key } = fold.run
  if (wanted?.onConflict !== 'fail') return fold
  const key = singleton_key === '' ? '' : ` with the key ${JSON.stringify(singleton_key)}`
  throw new WorkflowError(
    'SINGLETON_CONFLICT',
    `Workflow "${workflow_name}" lets one run${key} go at a time, and run ${id} is ${status}. Wait until it is over, or cancel it.`,
    { details: { runId: id, singletonKey: singleton_key, status } },
  )
}

/** The newer input counts, and the run waits anew: at most `maxWaitMs` since it was made. */
function replaceInput(
  tx: RunTransaction,
  fold: RunFold,
  { input, taskInput }: Created,
  { waitMs, maxWaitMs }: NonNullable<Created['debounce']>,
): RunFold {
  const { run } = fold
  writeEvents(tx, fold, prepareEvents(run.id, [{ type: 'run.updated', payload: { input, taskInput } }]))
  const latest = maxWaitMs === null ? Infinity : Date.parse(run.created_at) + maxWaitMs
  const dueAt = Math.max(Date.parse(tx.timestamp), Math.min(Date.parse(tx.timestamp) + waitMs, latest))
  // A run that a limit holds back has waited long enough.
  if (run.held_by === null || run.held_by === 'timer') fold.change({ due_at: new Date(dueAt).toISOString() })
  return fold
}
