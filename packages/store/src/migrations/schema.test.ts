import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connection } from '../sqlite/Connection.ts'
import { openDatabase } from '../sqlite/open.ts'

/** How SQLite declares the types of SCHEMA.md. */
const DECLARED: Readonly<Record<string, string>> = {
  text: 'text',
  json: 'text',
  value: 'text',
  time: 'text',
  integer: 'integer',
  bigint: 'bigint',
  boolean: 'boolean',
  money: 'decimal(12, 6)',
  bytes: 'blob',
}

let db: Connection
beforeAll(async () => {
  db = await openDatabase({ path: ':memory:', busyTimeoutMs: 100 })
})
afterAll(() => db.close())

const page = readFileSync(new URL('../../SCHEMA.md', import.meta.url), 'utf8')
const sections = page.split(/^## /m).slice(1)
const tables = sections.filter((section) => !section.startsWith('View '))
const nameOf = (section: string): string => section.slice(0, section.indexOf('\n')).trim()

describe('SCHEMA.md', () => {
  test('[SQ9] names every table of the database and no other', () => {
    const found = db.all<{ name: string }>(
      "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'",
    )
    expect(tables.map(nameOf).toSorted()).toEqual(found.map(({ name }) => name).toSorted())
    expect(tables.length).toBeGreaterThan(19)
  })

  test.each(tables.map((section) => [nameOf(section), section]))(
    '[SQ9] %s has these columns',
    (table, section) => {
      expect(documentedColumns(section)).toEqual(foundColumns(table))
    },
  )

  test.each(tables.map((section) => [nameOf(section), section]))(
    '[SQ9] %s has these checks and indexes',
    (table, section) => {
      const documented = section.split('\n').filter((line) => line.startsWith('- '))
      expect(documented.toSorted()).toEqual([...foundChecks(table), ...foundIndexes(table)].toSorted())
    },
  )

  test('[SQ9] the view of node outputs has these columns', () => {
    const section = sections.find((one) => one.startsWith('View workflow_node_outputs')) ?? ''
    const documented = [...section.matchAll(/`(\w+)`/g)].map((match) => match[1])
    const found = db.all<{ name: string }>("select name from pragma_table_info('workflow_node_outputs')")
    expect(documented).toEqual(found.map(({ name }) => name))
  })
})

/** One line per column: name, declared type, rules. */
function documentedColumns(section: string): string[] {
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const [, name = '', type = '', rules = ''] = line.split('|').map((cell) => cell.trim())
      return `${name} ${DECLARED[type] ?? `unknown type ${type}`} ${rules}`.trim()
    })
}

interface Column {
  readonly name: string
  readonly type: string
  readonly notnull: number
  readonly dflt_value: string | null
  readonly pk: number
  readonly hidden: number
}

function foundColumns(table: string): string[] {
  const keys = db.all<{ from: string; table: string; on_delete: string }>(
    `select "from", "table", on_delete from pragma_foreign_key_list('${table}')`,
  )
  return db.all<Column>(`select * from pragma_table_xinfo('${table}')`).map((column) => {
    const key = keys.find(({ from }) => from === column.name)
    const rules = [
      column.pk > 0 ? 'key' : column.notnull === 1 ? 'not null' : '',
      column.dflt_value === null
        ? ''
        : `default ${column.dflt_value.startsWith('strftime') ? 'now' : column.dflt_value}`,
      column.hidden === 0 ? '' : 'generated',
      key === undefined ? '' : `→ ${key.table} ${key.on_delete}`,
    ]
    return `\`${column.name}\` ${column.type.toLowerCase()} ${rules.filter((rule) => rule !== '').join(', ')}`.trim()
  })
}

function foundChecks(table: string): string[] {
  const { sql } = db.get<{ sql: string }>('select sql from sqlite_schema where name = ?', table) ?? {
    sql: '',
  }
  return [...sql.matchAll(/constraint "(\w+)" check/g)].map((match) => `- check \`${match[1]}\``)
}

function foundIndexes(table: string): string[] {
  const list = db.all<{ name: string; unique: number; origin: string }>(
    `select name, "unique", origin from pragma_index_list('${table}') where origin <> 'pk'`,
  )
  return list.map(({ name, unique, origin }) => {
    const columns = db
      .all<{ name: string }>(`select name from pragma_index_info('${name}')`)
      .map((one) => one.name)
    const text =
      db.get<{ sql: string | null }>('select sql from sqlite_schema where name = ?', name)?.sql ?? ''
    const where = text.split(/ where /i)[1]?.replaceAll('"', '')
    const named = origin === 'c' ? `\`${name}\` ` : ''
    return `- ${unique === 1 ? 'unique' : 'index'} ${named}(${columns.join(', ')})${where === undefined ? '' : ` where ${where}`}`
  })
}
