import { openDatabase } from '../../src/sqlite/open.ts'
import type { Schema } from './Schema.ts'

interface Column {
  readonly name: string
  readonly type: string
  readonly notnull: number
  readonly dflt_value: string | null
  readonly pk: number
  readonly hidden: number
}

/** A fresh SQLite database. */
export async function sqliteSchema(): Promise<Schema> {
  const db = await openDatabase({ path: ':memory:', busyTimeoutMs: 100 })
  const sqlOf = (name: string): string =>
    db.get<{ sql: string | null }>('select sql from sqlite_schema where name = ?', name)?.sql ?? ''
  const checks = (table: string): string[] =>
    [...sqlOf(table).matchAll(/constraint "(\w+)" check/g)].map((match) => `- check \`${match[1]}\``)
  const indexes = (table: string): string[] => {
    const list = db.all<{ name: string; unique: number; origin: string }>(
      `select name, "unique", origin from pragma_index_list('${table}') where origin <> 'pk'`,
    )
    return list.map(({ name, unique, origin }) => {
      const columns = db.all<{ name: string }>(`select name from pragma_index_info('${name}')`)
      const where = sqlOf(name)
        .split(/ where /i)[1]
        ?.replaceAll('"', '')
      const named = origin === 'c' ? `\`${name}\` ` : ''
      const over = columns.map((column) => column.name).join(', ')
      return `- ${unique === 1 ? 'unique' : 'index'} ${named}(${over})${where === undefined ? '' : ` where ${where}`}`
    })
  }
  /* oxlint-disable typescript/require-await -- other dialects wait for their answers */
  return {
    types: {
      text: 'text',
      json: 'text',
      value: 'text',
      time: 'text',
      integer: 'integer',
      bigint: 'bigint',
      boolean: 'boolean',
      money: 'decimal(12, 6)',
      bytes: 'blob',
    },
    tables: async () =>
      db
        .all<{ name: string }>(
          "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'",
        )
        .map(({ name }) => name),
    columns: async (table) => {
      const keys = db.all<{ from: string; table: string; on_delete: string }>(
        `select "from", "table", on_delete from pragma_foreign_key_list('${table}')`,
      )
      return db.all<Column>(`select * from pragma_table_xinfo('${table}')`).map((column) => {
        const key = keys.find(({ from }) => from === column.name)
        const now = column.dflt_value?.startsWith('strftime') === true
        const rules = [
          column.pk > 0 ? 'key' : column.notnull === 1 ? 'not null' : '',
          column.dflt_value === null ? '' : `default ${now ? 'now' : column.dflt_value}`,
          column.hidden === 0 ? '' : 'generated',
          key === undefined ? '' : `→ ${key.table} ${key.on_delete}`,
        ]
        const said = rules.filter((rule) => rule !== '').join(', ')
        return `\`${column.name}\` ${column.type.toLowerCase()} ${said}`.trim()
      })
    },
    rules: async (table) => [...checks(table), ...indexes(table)],
    viewColumns: async (view) =>
      db.all<{ name: string }>(`select name from pragma_table_info('${view}')`).map(({ name }) => name),
    close: async () => db.close(),
  }
}
