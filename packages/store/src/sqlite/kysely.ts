import { Kysely, SqliteDialect, type SqliteDatabase } from 'kysely'
import type { Cell, Connection } from './Connection.ts'
import { toSql } from './Connection.ts'

/**
 * Kysely over a connection of ours. A transaction begins `immediate`: one that reads first and writes later
 * fails as soon as another process writes in between.
 */
export function kyselyOver<Tables>(connection: Connection): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database: adapt(connection) }) })
}

function adapt(connection: Connection): SqliteDatabase {
  return {
    // The connection belongs to the store, which closes it.
    close: () => undefined,
    prepare: (text) => {
      const sql = text === 'begin' ? 'begin immediate' : text
      const isQuery = /^\s*(select|insert|update|delete|with)/i.test(sql)
      const statement = isQuery ? connection.prepare(sql) : connection.database.prepare(sql)
      return {
        reader: statement.columns().length > 0,
        all: (values) => statement.all(...values.map(convert)),
        run: (values) => statement.run(...values.map(convert)),
        iterate: (values) => statement.iterate(...values.map(convert)),
      }
    },
  }
}

function convert(value: unknown): ReturnType<typeof toSql> {
  if (value === undefined) return null
  if (value instanceof Date) return value.toISOString()
  return toSql(value as Cell)
}
