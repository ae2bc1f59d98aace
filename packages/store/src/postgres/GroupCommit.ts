import { setTimeout as delay } from 'node:timers/promises'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { Pool } from 'pg'
import { CommitQueue, type CommitJob } from '../append/CommitQueue.ts'
import type { JournalLimits } from '../append/RunTransaction.ts'
import type { FactSource } from '../projection/Known.ts'
import { Batch } from './Batch.ts'
import type { Columns } from './Columns.ts'
import { commitBatch } from './commitBatch.ts'
import { isAway, isCollision, isStoreTrouble, sqlState, translate } from './errors.ts'
import { loadBatch } from './loadBatch.ts'
import type { MaybePromise } from '../queue/program.ts'
import { NotLoaded, type LoadedFacts, type Need } from './LoadedFacts.ts'
import type { Named } from './needsOf.ts'
import { RunCache } from './RunCache.ts'
import { Session } from './Session.ts'
import type { StoreClock } from './StoreClock.ts'

/** What {@link GroupCommit} takes. */
export interface GroupCommitOptions {
  readonly pool: Pool
  readonly columns: Columns
  readonly schema: string
  readonly clock: StoreClock
  /** Text for messages. */
  readonly what: string
  readonly limits: JournalLimits
  readonly maxBatch: number
  /** Most characters of payloads in one transaction; a longer write goes alone. */
  readonly maxBatchLength: number
  readonly maxWaiting: number
  /** How long a write is tried again while the server is away, in milliseconds. */
  readonly retryForMs: number
  /** Channel and mark of this process for those who listen. */
  readonly notice: { readonly channel: string; readonly sender: string }
  /** Called right after a commit with the runs that it changed and their last sequences. */
  readonly onCommit: (changed: ReadonlyMap<string, number>) => void
}

type Outcome =
  | { readonly job: CommitJob; readonly value: unknown }
  | { readonly job: CommitJob; readonly error: unknown }

/** A write with what it names beforehand. */
type NamedRun = (() => unknown) & { readonly named: Named }

/** Tries of one batch, each loading what the one before missed, or undone by another transaction. */
const MOST_TRIES = 50

/**
 * Every write about runs, several per transaction (J3). A batch is one transaction on one connection: run rows
 * are locked, facts are read, the writes run in memory and their folded result is written set by set.
 *
 * - G1 A write that is refused before it changed anything fails alone.
 * - G2 When the batch itself fails in a way that one write may be to blame for, it is undone and each write tried alone.
 * - G3 While the server is away a batch is tried again as long as its outcome is known; then every write of it
 *   fails with the reason.
 * - G4 Writes are functions of facts: where one is missing it is loaded, and the batch begins again from clean folds.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions
  readonly #queue: CommitQueue
  readonly #cache = new RunCache()
  #batch: Batch | null = null
  #closed = false

  constructor(options: GroupCommitOptions) {
    this.#options = options
    this.#queue = new CommitQueue({
      commit: (jobs) => this.#commit(jobs),
      maxBatch: options.maxBatch,
      maxBatchLength: options.maxBatchLength,
      maxWaiting: options.maxWaiting,
    })
  }

  /** Writes that are held for the next transaction now. */
  get waiting(): number {
    return this.#queue.waiting
  }

  /** Resolves with what `write` answers, when it is durable. @throws WorkflowError `STORE_CLOSED`, `STORE_…`. */
  write<T>(named: Named, write: (batch: Batch) => MaybePromise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(closed(this.#options.what))
    const run = (): MaybePromise<T> => write(this.#current())
    return this.#queue.submit(Object.assign(run, { named }), named.length) as Promise<T>
  }

  /** Takes nothing more; resolves when everything that was taken is settled. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#queue.drained()
  }

  /** A run that another transaction of this process changed. */
  forget(runId: string): void {
    this.#cache.forget(runId)
  }

  #current(): Batch {
    if (this.#batch === null) throw new WorkflowError('INTERNAL', 'A write ran outside of a transaction.')
    return this.#batch
  }

  async #commit(jobs: readonly CommitJob[]): Promise<void> {
    let outcomes: readonly Outcome[]
    try {
      outcomes = await this.#persist(jobs)
    } catch (error) {
      if (!WorkflowError.is(error) && !isStoreTrouble(error) && jobs.length > 1) {
        for (const job of jobs) await this.#commit([job])
        return
      }
      const translated = translate(error, this.#options.what)
      for (const job of jobs) job.reject(translated)
      return
    }
    for (const outcome of outcomes) {
      if ('error' in outcome) outcome.job.reject(outcome.error)
      else outcome.job.resolve(outcome.value)
    }
  }

  /** Tries until the batch is in, as long as a failure leaves no doubt that it is not (G3). */
  async #persist(jobs: readonly CommitJob[]): Promise<Outcome[]> {
    const giveUpAt = performance.now() + this.#options.retryForMs
    const more: Need[] = []
    for (let tries = 1; ; tries++) {
      try {
        const outcomes = await this.#once(jobs, more)
        if (outcomes !== null) return outcomes
        if (tries > MOST_TRIES) throw new WorkflowError('INTERNAL', 'A batch of writes never had its facts.')
      } catch (error) {
        const again = isAway(error)
          ? performance.now() < giveUpAt
          : (isCollision(error) || (sqlState(error) === '23505' && jobs.length === 1 && tries === 1)) &&
            tries <= MOST_TRIES
        if (!again) throw error
        await delay(Math.min(20 * tries, 500))
      }
    }
  }

  /** One transaction; null when facts were missing, which `more` then names. */
  async #once(jobs: readonly CommitJob[], more: Need[]): Promise<Outcome[] | null> {
    const { pool, clock, limits, columns, schema } = this.#options
    const session = await Session.from(pool)
    let batch: Batch | null = null
    let failure: unknown
    try {
      const named = jobs.map(({ run }) => (run as NamedRun).named)
      const loaded = await loadBatch({
        session,
        named,
        more,
        cache: this.#cache,
        clock,
        columns,
        schema,
        limits,
        source: this.#source,
      })
      batch = new Batch(loaded.parts)
      const missing: Need[] = [...loaded.outdated]
      const outcomes = missing.length > 0 ? [] : await this.#run(batch, jobs, missing)
      if (missing.length > 0) {
        more.push(...missing)
        this.#forget(batch)
        await session.send({ text: 'rollback' })
        return null
      }
      const changed = await commitBatch({ ...this.#options, session, batch, xid: loaded.xid })
      this.#keep(batch)
      if (changed !== null) this.#options.onCommit(changed)
      return outcomes
    } catch (error) {
      if (batch !== null) this.#forget(batch)
      failure = error
      throw error
    } finally {
      session.release(failure)
    }
  }

  async #run(batch: Batch, jobs: readonly CommitJob[], missing: Need[]): Promise<Outcome[]> {
    this.#batch = batch
    this.#facts = batch.facts
    try {
      const outcomes: Outcome[] = []
      for (const job of jobs) outcomes.push(await attempt(job, missing))
      if (missing.length === 0) await finish(batch, missing)
      return outcomes
    } finally {
      this.#batch = null
    }
  }

  #facts: LoadedFacts | null = null

  /** What folds read from, in this batch and in later ones. */
  readonly #source: FactSource = {
    step: (runId, key) => this.#loaded().step(runId, key),
    openSteps: (runId) => this.#loaded().openSteps(runId),
    lastStepId: (runId) => this.#loaded().lastStepId(runId),
    runningSession: (stepId) => this.#loaded().runningSession(stepId),
    runningSessions: (runId) => this.#loaded().runningSessions(runId),
    approval: (runId, key) => this.#loaded().approval(runId, key),
    openApprovals: (runId) => this.#loaded().openApprovals(runId),
    hasUsage: (runId, callId) => this.#loaded().hasUsage(runId, callId),
  }

  #loaded(): LoadedFacts {
    if (this.#facts === null) throw new WorkflowError('INTERNAL', 'Facts were asked for outside of a batch.')
    return this.#facts
  }

  #keep(batch: Batch): void {
    for (const fold of batch.folds) {
      fold.facts.forgetFinished()
      this.#cache.keep(fold)
    }
    for (const runId of batch.dropped) this.#cache.forget(runId)
  }

  /** What was folded never happened. */
  #forget(batch: Batch): void {
    for (const { run } of batch.folds) this.#cache.forget(run.id)
  }
}

/** Runs one write. Only an error of the catalogue is its own (G1); others undo the batch (G2, G3). */
async function attempt(job: CommitJob, missing: Need[]): Promise<Outcome> {
  try {
    return { job, value: await job.run() }
  } catch (error) {
    if (error instanceof NotLoaded) {
      missing.push(error.need)
      return { job, error }
    }
    if (WorkflowError.is(error)) return { job, error }
    throw error
  }
}

async function finish(batch: Batch, missing: Need[]): Promise<void> {
  try {
    await batch.finish()
  } catch (error) {
    if (!(error instanceof NotLoaded)) throw error
    missing.push(error.need)
  }
}

/** The error for a call after the store was closed. */
export function closed(what: string): WorkflowError {
  return new WorkflowError('STORE_CLOSED', `${what} is closed. Open it again before using it.`)
}
