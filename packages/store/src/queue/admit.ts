import type { RunTransaction } from '../append/RunTransaction.ts'
import type { PendingRun } from '../projection/RunFold.ts'
import { gatesOf, hasRoom, nextStart } from './gates.ts'
import type { Gate, QueueReads } from './QueueReads.ts'
import { wait, type Program } from './program.ts'

/** Keys, each once. */
export class Gates {
  readonly #gates = new Map<string, Gate>()

  /** The key of a run; answers itself. */
  add(gates: readonly Gate[]): this {
    for (const gate of gates) this.#gates.set(JSON.stringify([gate.by, gate.workflowId, gate.key]), gate)
    return this
  }

  get isEmpty(): boolean {
    return this.#gates.size === 0
  }

  /** Takes them out. */
  take(): Gate[] {
    const gates = [...this.#gates.values()]
    this.#gates.clear()
    return gates
  }
}

/**
 * The keys whose line may move on because of what is written for one run: it gained or lost its owner, its place
 * in the line, or is over. Every backend calls {@link admit} with them before the transaction ends.
 */
export function movedGates({ run, set, isNew }: Pick<PendingRun, 'isNew' | 'run' | 'set'>): readonly Gate[] {
  if (run.concurrency_key === null && run.rate_key === null) return []
  const moved = isNew || 'owner_token' in set || 'due_at' in set || 'completed_at' in set
  return moved ? gatesOf(run) : []
}

/**
 * Lets the next run that a key holds back into the line of claims, when there is room and no other run of the key
 * stands there already. One at a time: so keys take turns, and the line stays short however many runs wait.
 *
 * - A1 While a key holds runs back, either it has no room, or one of its runs stands in the line; for a start
 *   rate without room that run is due when the next may begin.
 */
export function* admit(tx: RunTransaction, reads: QueueReads, gate: Gate): Program<void> {
  yield* wait(reads.lock(gate))
  const head = yield* wait(reads.firstHeld(gate))
  const fold = head === null ? null : yield* wait(reads.load(head))
  if (fold === null) return
  const now = tx.timestamp
  const at = gate.by === 'quota' ? yield* nextStart(fold.run, gate, reads, now) : null
  if (gate.by === 'concurrency' && !(yield* hasRoom(fold.run, gate, reads, now))) return
  if (yield* wait(reads.hasReady(gate, fold.run, at ?? now))) return
  if (at === null) fold.change({ held_by: null, held_at: null, due_at: now })
  else fold.change({ due_at: at })
}
