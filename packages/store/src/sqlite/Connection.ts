import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

/** A value that a statement takes or a column holds. */
export type Cell = string | number | bigint | boolean | null | Uint8Array

/**
 * A connection of node:sqlite with a cache of prepared statements. node:sqlite binds a missing or Date value
 * silently wrong, so values are converted here: booleans to 0 and 1, everything else must be a {@link Cell}.
 */
export class Connection {
  readonly database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(path: string, options: { readonly busyTimeoutMs: number }) {
    this.database = new DatabaseSync(path, {
      timeout: options.busyTimeoutMs,
      enableForeignKeyConstraints: true,
    })
  }

  /** The prepared statement for `sql`, prepared once. */
  prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.database.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  /** Runs a statement; answers how many rows it changed. */
  run(sql: string, ...values: readonly Cell[]): number {
    return this.runWith(sql, values)
  }

  /** {@link run} with a list that is the statement's from here on. */
  runWith(sql: string, values: readonly Cell[]): number {
    return Number(this.prepare(sql).run(...bound(values)).changes)
  }

  /** The first row; null when there is none. */
  get<T>(sql: string, ...values: readonly Cell[]): T | null {
    return (this.prepare(sql).get(...bound(values)) as T | undefined) ?? null
  }

  /** Every row. */
  all<T>(sql: string, ...values: readonly Cell[]): T[] {
    return this.prepare(sql).all(...bound(values)) as T[]
  }

  /** Runs statements that take and answer nothing. */
  exec(sql: string): void {
    this.database.exec(sql)
  }

  close(): void {
    this.#statements.clear()
    this.database.close()
  }
}

/** A value as node:sqlite takes it. */
export function toSql(value: Cell): SQLInputValue {
  return typeof value === 'boolean' ? (value ? 1 : 0) : value
}

/** Converts in place: nobody else holds the list. */
function bound(values: readonly Cell[]): SQLInputValue[] {
  const own = values as (SQLInputValue | boolean)[]
  for (let index = 0; index < own.length; index++)
    if (typeof own[index] === 'boolean') own[index] = toSql(own[index] as boolean)
  return own as SQLInputValue[]
}
