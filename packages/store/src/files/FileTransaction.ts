import { WorkflowError } from '@holdfast/workflow-sdk'
import type { WorkflowLogRow } from '../contract/index.ts'
import type { JournalLimits, RunTransaction } from '../append/RunTransaction.ts'
import type { EventLine } from './lines.ts'
import { RunFold, type PendingRow, type PendingRun } from '../projection/RunFold.ts'
import type { RunColumns, WorkspaceColumns } from '../projection/rows.ts'
import { statIfThere } from './io.ts'
import { checkRunId, type Layout } from './layout.ts'
import { admit, Gates, movedGates } from '../queue/admit.ts'
import { gatesOf } from '../queue/gates.ts'
import { runNow } from '../queue/program.ts'
import type { QueueReads } from '../queue/QueueReads.ts'
import { fileQueue, gateKey } from './queueReads.ts'
import { readLines } from './readLines.ts'
import type { Records, RecordTable, RecordTables } from './Records.ts'
import type { LogLines } from './LogLines.ts'
import type { RunEntry, Runs } from './Runs.ts'
import { RunState } from './RunState.ts'

/** What one transaction is made of. */
export interface TransactionParts {
  readonly layout: Layout
  readonly runs: Runs
  readonly records: Records
  readonly logs: LogLines
  readonly limits: JournalLimits
  readonly timestamp: string
}

/** A run in a transaction: as it was, and as it is to be. */
export interface OpenRun {
  readonly before: RunState
  readonly fold: RunFold
  readonly isNew: boolean
  /** Columns of a new run as they were before its first event. */
  readonly born: RunColumns | null
}

/** A file that a transaction changes beside runs. */
export type Staged =
  | { readonly kind: 'write'; readonly path: string; readonly text: string }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'removeRun'; readonly path: string }
  | {
      readonly kind: 'append'
      readonly path: string
      readonly offset: number
      readonly text: string
      readonly runId: string
      readonly rows: readonly WorkflowLogRow[]
    }

/** One group commit: what its writes change is held in memory until files are written. */
export class FileTransaction implements RunTransaction {
  readonly timestamp: string
  readonly limits: JournalLimits
  readonly layout: Layout
  readonly logs: LogLines
  /** What the rules of the queue ask. */
  readonly queue: QueueReads
  readonly #parts: TransactionParts
  readonly #open = new Map<string, OpenRun>()
  readonly #removed = new Set<string>()
  /** Rows of records that were changed; null: removed. */
  readonly #rows = new Map<string, RecordTables[RecordTable] | null>()
  readonly #staged = new Map<string, Staged>()
  readonly #pending = new Map<string, PendingRun>()
  /** Runs, rows and files that the write at work has touched, also where it only looked. */
  #touched = new Set<string>()
  /** Rows and files that are changed. */
  readonly #written = new Set<string>()
  #changes = 0
  #changesBefore = 0

  constructor(parts: TransactionParts) {
    this.#parts = parts
    this.timestamp = parts.timestamp
    this.limits = parts.limits
    this.layout = parts.layout
    this.logs = parts.logs
    this.queue = fileQueue(this)
  }

  /** A damaged run that another one only wants to tell something is as good as none. */
  load(runId: string): RunFold | null {
    if (this.hasChanged && this.#parts.runs.find(runId)?.trouble != null) return null
    return this.open(runId)?.fold ?? null
  }

  /** Whether the write at work has changed anything. */
  get hasChanged(): boolean {
    return this.#countChanges() > this.#changesBefore
  }

  /** The run as this transaction has it; null when there is none. */
  open(runId: string): OpenRun | null {
    this.#touched.add(runId)
    if (this.#removed.has(runId)) return null
    const known = this.#open.get(runId)
    if (known !== undefined) return known
    const before = this.#parts.runs.state(runId)
    if (before === null) return null
    const open = { before, fold: new RunFold({ ...before.run }, before), isNew: false, born: null }
    this.#open.set(runId, open)
    return open
  }

  /** @throws WorkflowError `PAYLOAD_INVALID` for an id that is no file name, `RECORD_CONFLICT` for a missing record. */
  create(run: RunColumns): RunFold {
    checkRunId(run.id)
    this.#mustHave('projects', run.project_id, run)
    this.#mustHave('workflow_definitions', run.workflow_id, run)
    if (run.session_id !== null) this.#mustHave('sessions', run.session_id, run)
    if (this.#removed.has(run.id)) throw conflict(this.layout, `run ${run.id} is being deleted`)
    this.#touched.add(run.id)
    const before = new RunState(run)
    const fold = new RunFold({ ...run }, before, true)
    this.#open.set(run.id, { before, fold, isNew: true, born: { ...run } })
    return fold
  }

  findExternal(
    runId: string,
    externalId: string,
  ): { readonly sequence: number; readonly timestamp: string } | null {
    const open = this.open(runId)
    return open?.fold.findExternal(externalId) ?? open?.before.externals.get(externalId) ?? null
  }

  timestampOf(runId: string, sequence: number): string {
    const before = this.open(runId)?.before
    // What is not in the journal yet is written by this transaction.
    if (before === undefined || sequence > before.offsets.length) return this.timestamp
    const [line] = readLines(this.layout, before, sequence - 1, 1) as [EventLine]
    return line.timestamp
  }

  hasBlob(hash: string): boolean {
    return /^[0-9a-f]{64}$/.test(hash) && statIfThere(this.layout.blob(hash)) !== null
  }

  /** Runs that are not over, as this transaction has them; those that it ended are among them. */
  unfinished(): Readonly<RunColumns>[] {
    const others = this.#parts.runs.unfinished().filter(({ run }) => !this.#isHere(run.id))
    return [...others.map(({ run }) => run), ...[...this.#open.values()].map(({ fold }) => fold.run)]
  }

  /** Every run, as this transaction has it. */
  everyRun(): Readonly<RunColumns>[] {
    const others: RunEntry[] = this.#parts.runs.all().filter(({ run }) => !this.#isHere(run.id))
    return [...others.map(({ run }) => run), ...[...this.#open.values()].map(({ fold }) => fold.run)]
  }

  /** A run that is gone with all that belongs to it. */
  removeRun(runId: string): void {
    this.#open.delete(runId)
    this.#removed.add(runId)
    this.#stage({ kind: 'removeRun', path: runId })
  }

  /** A row of a record; null when there is none. */
  get<T extends RecordTable>(table: T, id: string): RecordTables[T] | null {
    const key = `${table} ${id}`
    this.#touched.add(key)
    const row = this.#rows.get(key)
    return row === undefined ? this.#parts.records.get(table, id) : (row as RecordTables[T] | null)
  }

  /** A workspace, also one that a run of this transaction has just made. */
  workspace(id: string): WorkspaceColumns | null {
    return this.get('workspaces', id)
  }

  /** Every row of a kind of records. */
  list<T extends RecordTable>(table: T): RecordTables[T][] {
    // Whoever looks at all of them depends on every write to one of them.
    this.#touched.add(table)
    const rows = new Map(this.#parts.records.list(table).map((row) => [row.id, row]))
    for (const [key, row] of this.#rows) {
      if (!key.startsWith(`${table} `)) continue
      if (row === null) rows.delete(key.slice(table.length + 1))
      else rows.set(row.id, row as RecordTables[T])
    }
    return [...rows.values()]
  }

  put<T extends RecordTable>(table: T, row: RecordTables[T]): void {
    this.#rows.set(`${table} ${row.id}`, row)
    this.#markWritten(table, `${table} ${row.id}`)
    this.write(this.layout.record(table, row.id), `${JSON.stringify(row, null, 1)}\n`)
  }

  remove(table: RecordTable, id: string): void {
    this.#rows.set(`${table} ${id}`, null)
    this.#markWritten(table, `${table} ${id}`)
    this.removeFile(this.layout.record(table, id))
  }

  /** A file that is written with this transaction. */
  write(path: string, text: string): void {
    this.#stage({ kind: 'write', path: this.#relative(path), text })
  }

  /** A file that goes with this transaction. */
  removeFile(path: string): void {
    this.#stage({ kind: 'remove', path: this.#relative(path) })
  }

  /** Text that this transaction writes to a file; null when it does not. */
  staged(path: string): string | null {
    const staged = this.#staged.get(this.#relative(path))
    return staged?.kind === 'write' ? staged.text : null
  }

  /** Adds lines to the log of a run. */
  addLines(runId: string, rows: readonly WorkflowLogRow[]): void {
    const path = this.#relative(this.layout.logLines(runId))
    const before = this.#staged.get(path)
    const known = before?.kind === 'append' ? before : { text: '', rows: [] }
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
    const { bytes } = this.logs.of(runId)
    this.#stage({
      kind: 'append',
      path,
      offset: bytes,
      text: known.text + text,
      runId,
      rows: [...known.rows, ...rows],
    })
  }

  /** Lines that this transaction adds to the log of a run. */
  linesOf(runId: string): readonly WorkflowLogRow[] {
    const staged = this.#staged.get(this.#relative(this.layout.logLines(runId)))
    return staged?.kind === 'append' ? staged.rows : []
  }

  /** What one write touched: called before each write, and after it. */
  takeTouched(): ReadonlySet<string> {
    const touched = this.#touched
    this.#touched = new Set()
    this.#changesBefore = this.#countChanges()
    return touched
  }

  /** The write at work depends on it. */
  touch(key: string): void {
    this.#touched.add(key)
  }

  /** Whether a run, row or file is changed: writes that touch it are kept or lost together. */
  isChanged(key: string): boolean {
    return this.#written.has(key) || this.#pending.has(key)
  }

  /**
   * Ends what writes may change. Answers what belongs together although no write touched it: a run, and the
   * record of a workspace that its events speak of.
   */
  close(): readonly ReadonlySet<string>[] {
    const links: Set<string>[] = []
    for (const [runId, { fold }] of this.#open) {
      if (!fold.isDirty) continue
      const pending = fold.take()
      this.#pending.set(runId, pending)
      for (const gate of gatesOf(pending.run)) {
        this.#written.add(gateKey(gate))
        links.push(new Set([runId, gateKey(gate)]))
      }
      for (const row of pending.rows) {
        if (row.table !== 'workspaces') continue
        const id = 'insert' in row ? row.insert.id : row.id
        const before = this.get('workspaces', id)
        const after = workspaceAfter(before, row)
        if (after === null) continue
        this.put('workspaces', after)
        links.push(new Set([runId, `workspaces ${id}`, this.#relative(this.layout.record('workspaces', id))]))
      }
    }
    return links
  }

  /** Lets in who waits for what this transaction set free. */
  finish(): void {
    const seen = new Map<RunFold, number>()
    for (const moved = new Gates(); ;) {
      for (const { fold } of this.#open.values()) {
        if (!fold.isDirty || seen.get(fold) === fold.changes) continue
        seen.set(fold, fold.changes)
        moved.add(movedGates(fold.dirt))
      }
      if (moved.isEmpty) return
      for (const gate of moved.take()) runNow(admit(this, this.queue, gate))
    }
  }

  /** What was changed of runs, once the transaction is closed. */
  get pending(): ReadonlyMap<string, PendingRun> {
    return this.#pending
  }

  /** Runs that were opened, with their ids. */
  get opened(): ReadonlyMap<string, OpenRun> {
    return this.#open
  }

  get files(): ReadonlyMap<string, Staged> {
    return this.#staged
  }

  #stage(staged: Staged): void {
    this.#staged.set(staged.path, staged)
    this.#markWritten(staged.path)
  }

  #markWritten(...keys: readonly string[]): void {
    this.#changes++
    for (const key of keys) {
      this.#touched.add(key)
      this.#written.add(key)
    }
  }

  #countChanges(): number {
    let changes = this.#changes
    for (const { fold } of this.#open.values()) changes += fold.changes
    return changes
  }

  #relative(path: string): string {
    return path.slice(this.layout.root.length + 1).replaceAll('\\', '/')
  }

  #isHere(runId: string): boolean {
    return this.#open.has(runId) || this.#removed.has(runId)
  }

  #mustHave(table: RecordTable, id: string, run: RunColumns): void {
    if (this.get(table, id) !== null) return
    throw conflict(this.layout, `run ${run.id} refers to ${id}, which is not in ${table}`)
  }
}

/** The same folder may serve several runs: the newest says what it is now. Null: there is none to change. */
function workspaceAfter(before: WorkspaceColumns | null, row: PendingRow): WorkspaceColumns | null {
  if (!('insert' in row))
    return before === null ? null : { ...before, ...(row.set as Partial<WorkspaceColumns>) }
  const made = row.insert as WorkspaceColumns
  if (before === null) return made
  const { project_id, last_commit, created_at } = before
  return { ...made, project_id, last_commit, created_at }
}

/** The error for a record that refers to one that is not there. */
export function conflict({ root }: Layout, why: string): WorkflowError {
  return new WorkflowError(
    'RECORD_CONFLICT',
    `The store file:${root} refused the record: ${why}. Check the ids that it refers to.`,
    { details: { store: `file:${root}` } },
  )
}
