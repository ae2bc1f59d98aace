import type { Limit, RunColumns } from '../projection/rows.ts'
import type { RunFold } from '../projection/RunFold.ts'
import type { RunTransaction } from '../append/RunTransaction.ts'
import type { Gate, QueueReads } from './QueueReads.ts'
import { wait, type Program } from './program.ts'

/** The keys that limit a run. */
export function gatesOf(run: Readonly<RunColumns>): Gate[] {
  const gates: Gate[] = []
  if (run.concurrency_key !== null)
    gates.push({ by: 'concurrency', workflowId: run.workflow_id, key: run.concurrency_key })
  if (run.rate_key !== null) gates.push({ by: 'quota', workflowId: run.workflow_id, key: run.rate_key })
  return gates
}

/**
 * The limit that keeps a run from being owned now; null when none does. This is the check that holds a limit:
 * it is made in the transaction that makes the owner.
 */
export function* refusalOf({ run }: RunFold, reads: QueueReads, now: string): Program<Limit | null> {
  for (const gate of gatesOf(run)) {
    if (gate.by === 'quota' && run.started_at !== null) continue
    yield* wait(reads.lock(gate))
    if (!(yield* hasRoom(run, gate, reads, now))) return gate.by
  }
  return null
}

/** Whether one more run of the key may be owned, or begin, now. */
export function* hasRoom(
  run: Readonly<RunColumns>,
  gate: Gate,
  reads: QueueReads,
  now: string,
): Program<boolean> {
  if (gate.by === 'quota') return (yield* nextStart(run, gate, reads, now)) === null
  const limit = run.concurrency_limit ?? 1
  return (yield* wait(reads.countRunning(gate, limit))) < limit
}

/**
 * When the next run of a rate key may begin; null: now. The window slides: a run that began at `t` counts until
 * `t + perMs`, whatever became of it.
 */
export function* nextStart(
  run: Readonly<RunColumns>,
  gate: Gate,
  reads: QueueReads,
  now: string,
): Program<string | null> {
  const perMs = run.rate_per_ms ?? 0
  // Transactions that waited for each other, and machines, do not agree on the time: a start may lie ahead of `now`.
  // What lies further ahead than a window is from before a clock was set back, and must not stop the key for long.
  const until = new Date(Date.parse(now) + perMs).toISOString()
  const start = yield* wait(reads.nthNewestStart(gate, run.rate_limit ?? 1, until))
  if (start === null) return null
  const at = Date.parse(start) + perMs
  return at <= Date.parse(now) ? null : new Date(at).toISOString()
}

/** Takes a run out of the line of claims until its key lets it back. */
export function holdBack(tx: RunTransaction, fold: RunFold, by: Limit): void {
  const { run } = fold
  const since = run.held_by === by ? run.held_at : null
  fold.change({ held_by: by, held_at: since ?? tx.timestamp, due_at: null })
}
