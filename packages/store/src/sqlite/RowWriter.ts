import type { PendingRow, PendingRun } from '../projection/RunFold.ts'
import type { Cell, Connection } from './Connection.ts'

type Row = Readonly<Record<string, Cell>>

/** Writes folded changes with prepared statements: each row once, parents before what refers to them. */
export class RowWriter {
  readonly #connection: Connection
  readonly #columns = new Map<string, readonly string[]>()
  readonly #inserts = new Map<string, string>()
  readonly #updates = new Map<string, string>()

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Writes everything that waits for one run. */
  write({ isNew, run, set, events, rows }: PendingRun): void {
    const current = run.current_workflow_step_id
    // The step that a new run stands at is written after the run itself.
    if (isNew) this.#insert('workflow_runs', { ...run, current_workflow_step_id: null })
    for (const row of rows) this.#writeRow(row)
    if (!isNew) this.#update('workflow_runs', run.id, set)
    else if (current !== null) this.#update('workflow_runs', run.id, { current_workflow_step_id: current })
    for (const { sequence, type, timestamp, payload, externalId } of events) {
      this.#connection.run(INSERT_EVENT, run.id, sequence, type, timestamp, payload, externalId)
    }
  }

  #writeRow(row: PendingRow): void {
    if ('insert' in row) this.#insert(row.table, row.insert as unknown as Row)
    else this.#update(row.table, row.id, row.set)
  }

  #insert(table: string, row: Row): void {
    const columns = this.#columnsOf(table)
    const values = columns.map((column) => row[column] as Cell)
    this.#connection.runWith(this.#insertOf(table, columns), values)
  }

  #update(table: string, id: string, set: Row): void {
    const values = Object.values(set)
    if (values.length === 0) return
    values.push(id)
    this.#connection.runWith(this.#updateOf(table, set), values)
  }

  #updateOf(table: string, set: Row): string {
    const columns = Object.keys(set)
    const shape = `${table} ${columns.join()}`
    let sql = this.#updates.get(shape)
    if (sql === undefined) {
      sql = `update ${table} set ${columns.map((column) => `${column} = ?`).join(', ')} where id = ?`
      this.#updates.set(shape, sql)
    }
    return sql
  }

  #insertOf(table: string, columns: readonly string[]): string {
    let sql = this.#inserts.get(table)
    if (sql === undefined) {
      sql = `insert into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`
      // The same folder may serve several runs: the newest says what it is now.
      if (table === 'workspaces') sql += ` on conflict (id) do update set ${WORKSPACE_UPSERT}`
      this.#inserts.set(table, sql)
    }
    return sql
  }

  /** Columns that hold a value of their own; generated ones are no part of this answer of SQLite. */
  #columnsOf(table: string): readonly string[] {
    let columns = this.#columns.get(table)
    if (columns === undefined) {
      const info = this.#connection.all<{ name: string }>('select name from pragma_table_info(?)', table)
      columns = info.map(({ name }) => name)
      this.#columns.set(table, columns)
    }
    return columns
  }
}

const INSERT_EVENT = `insert into workflow_events (run_id, sequence, event_type, timestamp, payload, external_id)
  values (?, ?, ?, ?, ?, ?)`

const WORKSPACE_UPSERT = ['host_id', 'kind', 'path', 'branch', 'persistent', 'status', 'cleaned_at']
  .map((column) => `${column} = excluded.${column}`)
  .join(', ')
