import type { JournalLimits, RunTransaction } from '../append/RunTransaction.ts'
import type { FactSource } from '../projection/Known.ts'
import { RunFold } from '../projection/RunFold.ts'
import type { RunColumns } from '../projection/rows.ts'
import type { Connection } from './Connection.ts'
import { admit, Gates, movedGates } from '../queue/admit.ts'
import { runNow } from '../queue/program.ts'
import type { QueueReads } from '../queue/QueueReads.ts'
import { sqliteQueue } from './queueReads.ts'
import type { RowWriter } from './RowWriter.ts'
import type { RunCache } from './RunCache.ts'

/** What one transaction is made of. */
export interface TransactionParts {
  readonly connection: Connection
  readonly writer: RowWriter
  readonly cache: RunCache
  readonly source: FactSource
  readonly limits: JournalLimits
  readonly timestamp: string
}

/** One group commit: changes of runs are folded in memory and written by {@link SqliteTransaction.flush}. */
export class SqliteTransaction implements RunTransaction {
  readonly timestamp: string
  readonly limits: JournalLimits
  readonly connection: Connection
  readonly #parts: TransactionParts
  readonly #folds = new Map<string, RunFold>()
  readonly #changed = new Set<string>()
  readonly #moved = new Gates()
  /** What the rules of the queue ask. */
  readonly queue: QueueReads

  constructor(parts: TransactionParts) {
    this.#parts = parts
    this.timestamp = parts.timestamp
    this.limits = parts.limits
    this.connection = parts.connection
    this.queue = sqliteQueue(this)
  }

  load(runId: string): RunFold | null {
    let fold = this.#folds.get(runId) ?? null
    if (fold === null) {
      fold = this.#parts.cache.load(runId)
      if (fold !== null) this.#folds.set(runId, fold)
    }
    return fold
  }

  create(run: RunColumns): RunFold {
    const fold = new RunFold(run, this.#parts.source, true)
    this.#folds.set(run.id, fold)
    return fold
  }

  findExternal(
    runId: string,
    externalId: string,
  ): { readonly sequence: number; readonly timestamp: string } | null {
    const pending = this.#folds.get(runId)?.findExternal(externalId) ?? null
    return pending ?? this.connection.get(FIND_EXTERNAL, runId, externalId)
  }

  timestampOf(runId: string, sequence: number): string {
    const row = this.connection.get<{ timestamp: string }>(TIMESTAMP_OF, runId, sequence)
    // What is not in the table yet is written by this transaction.
    return row?.timestamp ?? this.timestamp
  }

  hasBlob(hash: string): boolean {
    return this.connection.get('select 1 from blobs where hash = ?', hash) !== null
  }

  /** Writes what was folded so far, so that statements see it. */
  flush(): void {
    for (const fold of this.#folds.values()) {
      if (!fold.isDirty) continue
      this.#changed.add(fold.run.id)
      const pending = fold.take()
      this.#moved.add(movedGates(pending))
      this.#parts.writer.write(pending)
    }
  }

  /** Writes everything, and lets in who waits for what this transaction set free. */
  finish(): void {
    this.flush()
    while (!this.#moved.isEmpty) {
      for (const gate of this.#moved.take()) runNow(admit(this, this.queue, gate))
      this.flush()
    }
  }

  /** A run that is gone: nothing of it is written any more. */
  drop(runId: string): void {
    this.#folds.delete(runId)
    this.#parts.cache.forget(runId)
    this.#changed.add(runId)
  }

  /** After the commit. Answers the runs that changed, with their last sequences. */
  committed(): Map<string, number> {
    for (const fold of this.#folds.values()) this.#parts.cache.keep(fold)
    return new Map([...this.#changed].map((runId) => [runId, this.#folds.get(runId)?.run.last_sequence ?? 0]))
  }

  /** After a rollback: what was folded never happened. */
  rolledBack(): void {
    for (const runId of this.#folds.keys()) this.#parts.cache.forget(runId)
  }
}

const FIND_EXTERNAL = 'select sequence, timestamp from workflow_events where run_id = ? and external_id = ?'
const TIMESTAMP_OF = 'select timestamp from workflow_events where run_id = ? and sequence = ?'
