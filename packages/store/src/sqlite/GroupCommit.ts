import { WorkflowError } from '@holdfast/workflow-sdk'
import { CommitQueue, type CommitJob } from '../append/CommitQueue.ts'
import type { JournalLimits } from '../append/RunTransaction.ts'
import type { FactSource } from '../projection/Known.ts'
import type { Connection } from './Connection.ts'
import { isStoreTrouble } from './errors.ts'
import { RowWriter } from './RowWriter.ts'
import { RunCache } from './RunCache.ts'
import { sqliteFacts } from './factSource.ts'
import { SqliteTransaction } from './SqliteTransaction.ts'
import type { StoreFiles } from './StoreFiles.ts'

/** What {@link GroupCommit} takes. */
export interface GroupCommitOptions {
  readonly connection: Connection
  readonly files: StoreFiles
  /** Text for messages. */
  readonly what: string
  readonly limits: JournalLimits
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly maxBatch: number
  readonly maxWaiting: number
  /** Called right after a commit with the runs that it changed and their last sequences. */
  readonly onCommit: (changed: ReadonlyMap<string, number>) => void
}

type Outcome =
  | { readonly job: CommitJob; readonly value: unknown }
  | { readonly job: CommitJob; readonly error: unknown }

/**
 * Every write of the store, several per transaction (J3).
 *
 * - G1 A write that is refused before it changed anything fails alone.
 * - G2 When the batch itself fails in a way that one write may be to blame for, it is undone and each write tried alone.
 * - G4 What was written to files that are no longer those of the store is answered as lost, never as durable.
 * - G3 When the store is in trouble, everything is undone and every write fails with the reason.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions
  readonly #queue: CommitQueue
  readonly #source: FactSource
  readonly #writer: RowWriter
  readonly #cache: RunCache
  #transaction: SqliteTransaction | null = null
  #closed = false

  constructor(options: GroupCommitOptions) {
    this.#options = options
    this.#source = sqliteFacts(options.connection)
    this.#writer = new RowWriter(options.connection)
    this.#cache = new RunCache(options.connection, this.#source)
    this.#queue = new CommitQueue({
      commit: (jobs) => this.#commit(jobs),
      maxBatch: options.maxBatch,
      maxWaiting: options.maxWaiting,
    })
  }

  /** Writes that are held for the next transaction now. */
  get waiting(): number {
    return this.#queue.waiting
  }

  /** Resolves with what `write` answers, when it is durable. @throws WorkflowError `STORE_CLOSED`, `STORE_…`. */
  write<T>(write: (tx: SqliteTransaction) => T): Promise<T> {
    if (this.#closed) return Promise.reject(closed(this.#options.what))
    return this.#queue.submit(() => write(this.#current()))
  }

  /** Keeps writes waiting, outside of a transaction, until the answer is called. */
  async hold(): Promise<() => void> {
    return await this.#queue.hold()
  }

  /** Takes nothing more; resolves when everything that was taken is settled. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#queue.drained()
  }

  #current(): SqliteTransaction {
    if (this.#transaction === null)
      throw new WorkflowError('INTERNAL', 'A write ran outside of a transaction.')
    return this.#transaction
  }

  #commit(jobs: readonly CommitJob[]): void {
    const { files, onCommit } = this.#options
    let outcomes: readonly Outcome[]
    try {
      files.beforeWrite()
      const { answers, changed } = this.#inTransaction(jobs)
      files.afterCommit()
      onCommit(changed)
      outcomes = answers
    } catch (error) {
      if (files.lost === null && !isStoreTrouble(error) && jobs.length > 1) {
        for (const job of jobs) this.#commit([job])
        return
      }
      const translated = files.explain(error)
      for (const job of jobs) job.reject(translated)
      return
    }
    for (const outcome of outcomes) {
      if ('error' in outcome) outcome.job.reject(outcome.error)
      else outcome.job.resolve(outcome.value)
    }
  }

  #inTransaction(jobs: readonly CommitJob[]): {
    readonly answers: readonly Outcome[]
    readonly changed: ReadonlyMap<string, number>
  } {
    const { connection, limits, now } = this.#options
    connection.prepare('begin immediate').run()
    this.#cache.begin()
    const tx = new SqliteTransaction({
      connection,
      limits,
      writer: this.#writer,
      cache: this.#cache,
      source: this.#source,
      timestamp: new Date(now()).toISOString(),
    })
    this.#transaction = tx
    try {
      const answers = jobs.map((job) => attempt(job))
      tx.finish()
      connection.prepare('commit').run()
      return { answers, changed: tx.committed() }
    } catch (error) {
      tx.rolledBack()
      // A full disk may have ended the transaction already.
      if (connection.database.isTransaction) connection.exec('rollback')
      throw error
    } finally {
      this.#transaction = null
    }
  }
}

/** Runs one write. Only an error of the catalogue is its own (G1); others undo the batch (G2, G3). */
function attempt(job: CommitJob): Outcome {
  try {
    return { job, value: job.run() }
  } catch (error) {
    if (WorkflowError.is(error)) return { job, error }
    throw error
  }
}

/** The error for a call after the store was closed. */
export function closed(what: string): WorkflowError {
  return new WorkflowError('STORE_CLOSED', `${what} is closed. Open it again before using it.`)
}
