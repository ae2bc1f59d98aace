import type { JournalEvent } from '@holdfast/workflow-sdk'
import type { PreparedEvent } from '../payload/prepare.ts'
import type { RowChange } from './changes.ts'
import { Facts } from './Facts.ts'
import type { FactSource } from './Known.ts'
import { project } from './project.ts'
import type { ChildTable, ChildTables, RunColumns } from './rows.ts'

/** A row of `workflow_events`. */
export interface EventRow {
  readonly sequence: number
  readonly type: string
  readonly timestamp: string
  /** JSON text of the payload without what other rows hold. */
  readonly payload: string
  /** The payload itself, for backends whose journal holds it whole. */
  readonly whole: object
  readonly schemaVersion: number
  /** Id given from outside that may come only once in a run; null for most. */
  readonly externalId: string | null
}

/** A row of a child table that waits to be written. */
export type PendingRow =
  | { readonly table: ChildTable; readonly insert: ChildTables[ChildTable] }
  | { readonly table: ChildTable; readonly id: string; readonly set: Partial<ChildTables[ChildTable]> }

/** Everything of one run that a flush writes. */
export interface PendingRun {
  /** Whether the run's row is new. */
  readonly isNew: boolean
  readonly run: Readonly<RunColumns>
  /** Columns of the run's row that changed. */
  readonly set: Partial<RunColumns>
  /** Columns that were changed beside the events: no replay of the journal gives their values. */
  readonly beside: ReadonlySet<keyof RunColumns>
  readonly events: readonly EventRow[]
  /** Each row once, in an order in which every row that another one refers to comes first. */
  readonly rows: readonly PendingRow[]
}

/**
 * Folds the events of a batch for one run into row changes before they become SQL (J4): a row that is
 * made and changed in the batch is one insert, the run's row is written once.
 */
export class RunFold {
  readonly run: RunColumns
  readonly facts: Facts
  #isNew: boolean
  #set: Partial<RunColumns> = {}
  #beside = new Set<keyof RunColumns>()
  #changes = 0
  #events: EventRow[] = []
  #rows = new Map<string, PendingRow>()

  constructor(run: RunColumns, source: FactSource, isNew = false) {
    this.run = run
    this.facts = new Facts(run, source, isNew)
    this.#isNew = isNew
  }

  /** Whether a flush would write something. */
  get isDirty(): boolean {
    return this.#isNew || this.#events.length > 0 || Object.keys(this.#set).length > 0
  }

  /** What waits to be written of the run's own row. */
  get dirt(): Pick<PendingRun, 'isNew' | 'run' | 'set'> {
    return { isNew: this.#isNew, run: this.run, set: this.#set }
  }

  /** Grows with everything that is done to the run. */
  get changes(): number {
    return this.#changes
  }

  /** Gives the event the next sequence and applies it. Answers the sequence. */
  append(
    prepared: PreparedEvent,
    timestamp: string,
    schemaVersion: number,
    externalId: string | null = null,
  ): number {
    const sequence = this.run.last_sequence + 1
    const event = {
      runId: this.run.id,
      sequence,
      timestamp,
      schemaVersion,
      ...prepared.event,
    } as JournalEvent
    const changes = project(event, this.facts)
    const payload = keptByRows(event, changes) ? prepared.keptText : JSON.stringify(event.payload)
    const { type, payload: whole } = event
    this.#events.push({ sequence, type, timestamp, payload, whole, schemaVersion, externalId })
    for (const change of changes) this.#take(change)
    this.#apply({ last_sequence: sequence, updated_at: timestamp })
    return sequence
  }

  /** Where an event of this batch with that id from outside lies; null when the batch has none. */
  findExternal(externalId: string): { readonly sequence: number; readonly timestamp: string } | null {
    return this.#events.find((event) => event.externalId === externalId) ?? null
  }

  /** Whether the row with this id is made by what waits to be written. */
  inserts(id: string): boolean {
    const row = this.#rows.get(id)
    return row !== undefined && 'insert' in row
  }

  /** Changes columns of the run's row beside its events. */
  change(set: Partial<RunColumns>): void {
    for (const column of Object.keys(set)) this.#beside.add(column as keyof RunColumns)
    this.#apply(set)
  }

  /**
   * Takes what waits to be written; from here on it counts as written. With `goesOn` the transaction goes on, and
   * nothing is forgotten that could only be read again after it.
   */
  take(goesOn = false): PendingRun {
    const pending = {
      isNew: this.#isNew,
      run: this.run,
      set: this.#set,
      beside: this.#beside,
      events: this.#events,
      rows: [...this.#rows.values()],
    }
    this.#isNew = false
    this.#set = {}
    this.#beside = new Set()
    this.#events = []
    this.#rows = new Map()
    if (!goesOn) this.facts.forgetFinished()
    return pending
  }

  #apply(set: Partial<RunColumns>): void {
    this.#changes++
    Object.assign(this.run, set)
    Object.assign(this.#set, set)
  }

  #take(change: RowChange): void {
    if (change.table === 'workflow_runs') {
      this.#apply(change.set)
      return
    }
    this.facts.learn(change)
    if ('insert' in change) {
      this.#rows.set(change.insert.id, change)
      return
    }
    const row = this.#rows.get(change.id)
    if (row === undefined)
      this.#rows.set(change.id, { table: change.table, id: change.id, set: { ...change.set } })
    else Object.assign('insert' in row ? row.insert : row.set, change.set)
  }
}

/** Whether the rows that the event made or changed hold what its kept text leaves out. */
function keptByRows(event: JournalEvent, changes: readonly RowChange[]): boolean {
  switch (event.type) {
    case 'step.started':
      return (
        event.payload.input === undefined ||
        changes.some((change) => change.table === 'workflow_steps' && 'insert' in change)
      )
    case 'step.completed':
      return (
        changes.length > 0 &&
        (event.payload.rawOutput === undefined || changes.some((change) => change.table === 'execution_logs'))
      )
    default:
      return true
  }
}
