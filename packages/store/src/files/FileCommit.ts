import { WorkflowError } from '@holdfast/workflow-sdk'
import { CommitQueue, type CommitJob } from '../append/CommitQueue.ts'
import type { JournalLimits } from '../append/RunTransaction.ts'
import { answerQuickly } from './answers.ts'
import type { Effects } from './effects.ts'
import { translate } from './errors.ts'
import { FileTransaction } from './FileTransaction.ts'
import type { Layout } from './layout.ts'
import type { LogLines } from './LogLines.ts'
import type { Records } from './Records.ts'
import type { Runs } from './Runs.ts'
import { prepareGroup } from './writeGroup.ts'
import type { Views } from './Views.ts'

/** What {@link FileCommit} takes. */
export interface FileCommitOptions {
  readonly layout: Layout
  readonly runs: Runs
  readonly records: Records
  readonly logs: LogLines
  readonly effects: Effects
  readonly views: Views
  /** Text for messages. */
  readonly what: string
  readonly limits: JournalLimits
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly maxBatch: number
  readonly maxWaiting: number
  /** @throws WorkflowError `STORE_LOCKED` when this process may not write any more. */
  readonly mayWrite: () => void
  /** Called right after a commit with the runs that it changed and their last sequences. */
  readonly onCommit: (changed: ReadonlyMap<string, number>) => void
}

/** What a write that came from another process leaves for it: kept or lost together with the write. */
export interface Reply {
  readonly write: { readonly path: string; readonly text: string }
  readonly remove: readonly string[]
}

/** A write that was not refused, and what it touched. */
interface Done {
  readonly job: CommitJob
  readonly value: unknown
  readonly touched: ReadonlySet<string>
  readonly reply: Reply | null
}

/** Writes that are kept or lost together. */
export interface Group {
  readonly done: readonly Done[]
  readonly keys: ReadonlySet<string>
}

/**
 * Every write of the process that holds the store (J3).
 *
 * - G1 Writes that wait at the same moment are made at the same moment; those of different runs go to the disk
 *   side by side, and one that fails there fails alone.
 * - G2 A write that is refused before it changed anything fails alone. One that fails later undoes what waits
 *   beside it, and each is tried by itself.
 * - G3 Memory changes when the disk has changed.
 * - G4 A write that meets a run whose journal lost something marks that run, and is tried again without it.
 */
export class FileCommit {
  readonly #options: FileCommitOptions
  readonly #queue: CommitQueue
  #transaction: FileTransaction | null = null
  #reply: Reply | null = null

  constructor(options: FileCommitOptions) {
    this.#options = options
    this.#queue = new CommitQueue({
      commit: (jobs) => this.#commit(jobs),
      maxBatch: options.maxBatch,
      maxWaiting: options.maxWaiting,
    })
  }

  /** Writes that wait now. */
  get waiting(): number {
    return this.#queue.waiting
  }

  /** Resolves with what `write` answers, when it is durable. */
  write<T>(write: (tx: FileTransaction) => T, reply?: (value: T) => Reply): Promise<T> {
    return this.#queue.submit(() => {
      if (this.#transaction === null)
        throw new WorkflowError('INTERNAL', 'A write ran outside of a transaction.')
      const value = write(this.#transaction)
      this.#reply = reply?.(value) ?? null
      return value
    })
  }

  /** Keeps writes waiting until the answer is called. */
  async hold(): Promise<() => void> {
    return await this.#queue.hold()
  }

  /** Resolves when everything that was taken is settled. */
  async drained(): Promise<void> {
    await this.#queue.drained()
  }

  async #commit(jobs: readonly CommitJob[]): Promise<void> {
    const { effects, mayWrite, what } = this.#options
    try {
      mayWrite()
      await effects.settle()
    } catch (error) {
      for (const job of jobs) job.reject(translate(error, what))
      return
    }
    const tx = this.#newTransaction()
    const attempt = this.#attempt(tx, jobs)
    if ('failed' in attempt) {
      // One by one: the one that is to blame fails alone (G2).
      if (jobs.length > 1) for (const job of jobs) await this.#commit([job])
      else for (const job of jobs) job.reject(translate(attempt.failed, what))
      return
    }
    for (const { job, error } of attempt.refused) job.reject(translate(error, what))
    const groups = groupsOf(tx, attempt.done)
    const again = await Promise.all(groups.map(async (group) => await this.#write(tx, group)))
    await effects.rest()
    for (const job of again.flat()) await this.#commit([job])
  }

  #newTransaction(): FileTransaction {
    const { layout, runs, records, logs, limits, now } = this.#options
    const timestamp = new Date(now()).toISOString()
    return new FileTransaction({ layout, runs, records, logs, limits, timestamp })
  }

  #attempt(tx: FileTransaction, jobs: readonly CommitJob[]): Attempt {
    const done: Done[] = []
    const refused: { job: CommitJob; error: unknown }[] = []
    this.#transaction = tx
    try {
      for (const job of jobs) {
        tx.takeTouched()
        this.#reply = null
        try {
          const value = job.run()
          done.push({ job, value, reply: this.#reply, touched: tx.takeTouched() })
        } catch (error) {
          if (tx.hasChanged) return { failed: error }
          refused.push({ job, error })
        }
      }
      tx.finish()
    } catch (error) {
      return { failed: error }
    } finally {
      this.#transaction = null
    }
    return { done, refused }
  }

  /** Answers the writes that are to be tried again (G4). */
  async #write(tx: FileTransaction, group: Group): Promise<readonly CommitJob[]> {
    const { effects, what } = this.#options
    try {
      const prepared = prepareGroup(tx, group)
      if (prepared.changes.effects.length > 0)
        await effects.commit(prepared.changes, () => prepared.apply(this.#options))
      answerQuickly(prepared.quick)
    } catch (error) {
      if (this.#marksDamage(group, error)) return group.done.map(({ job }) => job)
      const translated = translate(error, what)
      for (const { job } of group.done) job.reject(translated)
      return []
    }
    for (const { job, value } of group.done) job.resolve(value)
    return []
  }

  #marksDamage(group: Group, error: unknown): boolean {
    if (!WorkflowError.has(error, 'JOURNAL_CORRUPT')) return false
    const { layout, runs } = this.#options
    const runId = [...group.keys].find((key) => layout.journal(key) === error.details['file'])
    return runId !== undefined && runs.damage(runId, error)
  }
}

type Attempt =
  | { readonly failed: unknown }
  | { readonly done: readonly Done[]; readonly refused: readonly { job: CommitJob; error: unknown }[] }

/** Writes that touch something that one of them changed belong together, and with them what follows from it. */
function groupsOf(tx: FileTransaction, done: readonly Done[]): Group[] {
  const links = tx.close()
  let groups: { done: Done[]; keys: Set<string> }[] = []
  for (const one of [...done, ...links]) {
    const touched = 'job' in one ? one.touched : one
    const keys = new Set([...touched].filter((key) => tx.isChanged(key)))
    const joined = { done: 'job' in one ? [one] : [], keys }
    const apart: typeof groups = []
    for (const group of groups) {
      if (![...group.keys].some((key) => keys.has(key))) {
        apart.push(group)
        continue
      }
      joined.done = [...group.done, ...joined.done]
      for (const key of group.keys) keys.add(key)
    }
    groups = [...apart, joined]
  }
  return groups
}
