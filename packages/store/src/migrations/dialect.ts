import { sql, type ColumnDataType, type Kysely, type RawBuilder } from 'kysely'

/** A database whose tables are being made; their types are only known afterwards. */
// oxlint-disable-next-line typescript/no-explicit-any -- Kysely's own type for tables that are not known yet
export type AnyDatabase = Kysely<any>

/** One numbered step from an older schema to a newer one, written once for every SQL dialect. */
export interface Migration {
  /** 1, 2, 3, … without gaps; a released one never changes. */
  readonly number: number
  readonly name: string
  readonly up: (db: AnyDatabase, dialect: Dialect) => Promise<void>
}

/** What differs between the SQL dialects. */
export interface Dialect {
  readonly name: 'sqlite' | 'postgres'
  /** JSON that is looked into: text in SQLite, jsonb in PostgreSQL. */
  readonly json: ColumnDataType
  /**
   * JSON of a value that code gets back as it was, letter by letter: text in SQLite, json in PostgreSQL, where
   * jsonb would change the order of keys and with it what a replay does.
   */
  readonly value: ColumnDataType
  /** ISO text with milliseconds in SQLite, timestamptz(3) in PostgreSQL. */
  readonly time: ColumnDataType | RawBuilder<unknown>
  /** The present moment in that form. */
  readonly now: RawBuilder<unknown>
  /** Bytes. */
  readonly bytes: ColumnDataType
  /**
   * Ends `create table` of a table whose key begins with the run's id and that has no further index, so that
   * the key is the table. Tables with several indexes are smaller and faster with SQLite's own row number.
   */
  readonly keyedByRun: RawBuilder<unknown>
}

/** SQLite 3.38 or newer. */
export const SQLITE: Dialect = {
  name: 'sqlite',
  json: 'text',
  value: 'text',
  time: 'text',
  now: sql`(strftime('%Y-%m-%dT%H:%M:%fZ','now'))`,
  bytes: 'blob',
  keyedByRun: sql`without rowid`,
}

/** PostgreSQL 14 or newer. */
export const POSTGRES: Dialect = {
  name: 'postgres',
  json: 'jsonb',
  value: 'json',
  time: sql`timestamptz(3)`,
  now: sql`now()`,
  bytes: 'bytea',
  keyedByRun: sql``,
}

/** US dollars with six places. */
export const MONEY: ColumnDataType = 'decimal(12, 6)'
