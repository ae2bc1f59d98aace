import type { JournalLimits, RunTransaction } from '../append/RunTransaction.ts'
import type { FactSource } from '../projection/Known.ts'
import { RunFold, type PendingRun } from '../projection/RunFold.ts'
import type { RunColumns } from '../projection/rows.ts'
import { admit, Gates, movedGates } from '../queue/admit.ts'
import { runLater } from '../queue/program.ts'
import type { QueueReads } from '../queue/QueueReads.ts'
import type { Columns } from './Columns.ts'
import { NotLoaded, type LoadedFacts } from './LoadedFacts.ts'
import { queueReads } from './queueReads.ts'
import type { Session, Statement } from './Session.ts'
import { writeRuns } from './writeRuns.ts'

/** What a batch sees. */
export interface BatchParts {
  readonly session: Session
  readonly columns: Columns
  /** Name of the schema, for locks that belong to it. */
  readonly schema: string
  readonly timestamp: string
  readonly limits: JournalLimits
  readonly facts: LoadedFacts
  /** Facts for folds, which outlive the batch. */
  readonly source: FactSource
  /** Folds of earlier batches that are as the database says. */
  readonly kept: ReadonlyMap<string, RunFold>
  /** Rows that were read and locked; null: there is no such run. */
  readonly rows: Map<string, RunColumns | null>
  /** Ids of the runs of workers that are named. */
  readonly ofWorker: ReadonlyMap<string, readonly string[]>
}

/**
 * One transaction. Its writes run on folds in memory and on facts that were loaded before; what they changed is
 * written in one go at the end, or before a question of the queue's rules that must count it.
 */
export class Batch implements RunTransaction {
  readonly timestamp: string
  readonly limits: JournalLimits
  readonly facts: LoadedFacts
  readonly parts: BatchParts
  /** What the rules of the queue ask. */
  readonly queue: QueueReads
  readonly #folds = new Map<string, RunFold>()
  readonly #moved = new Gates()
  readonly #changed = new Set<string>()
  readonly #dropped = new Set<string>()
  readonly #blobs = new Set<string>()
  readonly #numbers = new Map<string, number>()
  #unsent: PendingRun[] = []
  #statements: Statement[] = []
  #wrote = false
  /** An event that this batch writes: where it lies says whose transaction went in. */
  #mark: { readonly runId: string; readonly sequence: number } | null = null

  constructor(parts: BatchParts) {
    this.parts = parts
    this.timestamp = parts.timestamp
    this.limits = parts.limits
    this.facts = parts.facts
    this.queue = queueReads(this)
  }

  load(runId: string): RunFold | null {
    if (this.#dropped.has(runId)) return null
    const known = this.#folds.get(runId)
    if (known !== undefined) return known
    const fold = this.#read(runId)
    if (fold === null) return null
    this.#folds.set(runId, fold)
    if (!fold.facts.knowsOpen && this.facts.has({ kind: 'open', runId })) fold.facts.readOpen()
    return fold
  }

  create(run: RunColumns): RunFold {
    const fold = new RunFold(run, this.parts.source, true)
    this.#folds.set(run.id, fold)
    return fold
  }

  findExternal(
    runId: string,
    externalId: string,
  ): { readonly sequence: number; readonly timestamp: string } | null {
    const pending = this.#folds.get(runId)?.findExternal(externalId) ?? null
    return pending ?? this.facts.get({ kind: 'external', runId, key: externalId })
  }

  timestampOf(runId: string, sequence: number): string {
    const row = this.facts.get<{ timestamp: string } | null>({ kind: 'event', runId, key: String(sequence) })
    // What was not in the table when the batch began is written by it.
    return row?.timestamp ?? this.timestamp
  }

  hasBlob(hash: string): boolean {
    return this.#blobs.has(hash) || this.facts.get<boolean>({ kind: 'blob', key: hash })
  }

  /** Says that a statement of this batch puts the blob there. */
  willHaveBlob(hash: string): void {
    this.#blobs.add(hash)
  }

  /** Whether a step with this id is there when the batch is written. */
  hasStep(runId: string, stepId: string): boolean {
    const pending = this.#folds.get(runId)?.inserts(stepId) ?? false
    return pending || this.facts.get<boolean>({ kind: 'stepId', key: stepId })
  }

  /** The next number of a count that begins above `last`. */
  nextNumber(count: string, last: () => number): number {
    const next = (this.#numbers.get(count) ?? last()) + 1
    this.#numbers.set(count, next)
    return next
  }

  /** A statement that runs after the rows of runs are written. */
  also(text: string, ...values: readonly unknown[]): void {
    this.#statements.push({ text, values })
  }

  /** A run that is gone: nothing of it is written any more. */
  drop(runId: string): void {
    this.#dropped.add(runId)
    this.#changed.add(runId)
  }

  /** Whether a run's row was read, or made, in this batch. */
  knows(runId: string): boolean {
    return this.#folds.has(runId) || this.parts.rows.has(runId) || this.parts.kept.has(runId)
  }

  /** Takes rows that were locked just now. */
  learn(rows: readonly RunColumns[]): void {
    for (const row of rows) if (!this.knows(row.id)) this.parts.rows.set(row.id, row)
  }

  /** Writes what was folded so far, so that statements see it. */
  async flush(): Promise<void> {
    this.#collect()
    const statements = this.takeStatements()
    if (statements.length === 0) return
    this.#wrote = true
    await Promise.all(statements.map((statement) => this.parts.session.send(statement)))
  }

  /** Lets in who waits for what this batch set free. */
  async finish(): Promise<void> {
    this.#collect()
    while (!this.#moved.isEmpty) {
      for (const gate of this.#moved.take()) await runLater(admit(this, this.queue, gate))
      this.#collect()
    }
  }

  /** What is left to be sent; from here on it counts as written. */
  takeStatements(): Statement[] {
    const statements = [...writeRuns(this.parts.columns, this.#unsent), ...this.#statements]
    this.#unsent = []
    this.#statements = []
    return statements
  }

  /** Whether this batch writes anything. */
  get isDirty(): boolean {
    return this.#wrote || this.#statements.length > 0 || this.#unsent.length > 0
  }

  /** Runs that it changed, with their last sequences. */
  get changed(): ReadonlyMap<string, number> {
    return new Map([...this.#changed].map((id) => [id, this.#folds.get(id)?.run.last_sequence ?? 0]))
  }

  /** Where an event of this batch lies; null when it writes none. */
  get mark(): { readonly runId: string; readonly sequence: number } | null {
    return this.#mark
  }

  /** Every run that was looked at. */
  get folds(): readonly RunFold[] {
    return [...this.#folds.values()]
  }

  /** Runs that are gone. */
  get dropped(): ReadonlySet<string> {
    return this.#dropped
  }

  /** Takes what was folded since the last time, and remembers what facts will not tell before the commit. */
  #collect(): void {
    for (const fold of this.#folds.values()) {
      const runId = fold.run.id
      if (!fold.isDirty || this.#dropped.has(runId)) continue
      const pending = fold.take(true)
      this.#unsent.push(pending)
      this.#changed.add(runId)
      this.#moved.add(movedGates(pending))
      for (const { sequence, timestamp, externalId } of pending.events) {
        this.#mark ??= { runId, sequence }
        if (externalId !== null)
          this.facts.set({ kind: 'external', runId, key: externalId }, { sequence, timestamp })
      }
      for (const row of pending.rows)
        if (row.table === 'workflow_steps' && 'insert' in row)
          this.facts.set({ kind: 'stepId', key: row.insert.id }, true)
    }
  }

  #read(runId: string): RunFold | null {
    const kept = this.parts.kept.get(runId)
    if (kept !== undefined) return kept
    const row = this.parts.rows.get(runId)
    if (row === undefined) throw new NotLoaded({ kind: 'run', runId })
    return row === null ? null : new RunFold({ ...row }, this.parts.source)
  }
}
