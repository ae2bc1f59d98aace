import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { administer, freshDatabase } from '../../test/postgres/databases.ts'

/** How PostgreSQL calls the types of SCHEMA.md. */
const DECLARED: Readonly<Record<string, string>> = {
  text: 'text',
  json: 'jsonb',
  value: 'json',
  time: 'timestamp(3) with time zone',
  integer: 'integer',
  bigint: 'bigint',
  boolean: 'boolean',
  money: 'numeric(12,6)',
  bytes: 'bytea',
}

const page = readFileSync(new URL('../../SCHEMA.md', import.meta.url), 'utf8')
const sections = page.split(/^## /m).slice(1)
const tables = sections.filter((section) => !section.startsWith('View '))
const nameOf = (section: string): string => section.slice(0, section.indexOf('\n')).trim()

let database = ''
beforeAll(async () => {
  database = await freshDatabase()
})

const ask = async <T>(text: string): Promise<T[]> => (await administer(text, database)) as T[]

describe('SCHEMA.md', () => {
  test('[PG4] names every table of the database and no other', async () => {
    const found = await ask<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'holdfast'",
    )
    expect(tables.map(nameOf).toSorted()).toEqual(found.map(({ name }) => name).toSorted())
  })

  test('[PG4] tables have these columns', async () => {
    const found = await foundColumns()
    for (const section of tables)
      expect([nameOf(section), ...documentedColumns(section)]).toEqual([
        nameOf(section),
        ...(found.get(nameOf(section)) ?? []),
      ])
  })

  test('[PG4] tables have these checks and indexes', async () => {
    const found = await foundRules()
    for (const section of tables) {
      const documented = section
        .split('\n')
        .filter((line) => line.startsWith('- '))
        .map(plain)
      expect([nameOf(section), ...documented.toSorted()]).toEqual([
        nameOf(section),
        ...(found.get(nameOf(section)) ?? []).toSorted(),
      ])
    }
  })

  test('[PG4] the columns that are looked into have GIN indexes', async () => {
    const found = await ask<{ name: string }>(
      "select indexname as name from pg_indexes where schemaname = 'holdfast' and indexdef like '%USING gin%'",
    )
    expect(found.map(({ name }) => name).toSorted()).toEqual([
      'idx_workflow_runs_git_diff_stats_gin',
      'idx_workflow_runs_metadata_gin',
    ])
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
  readonly table: string
  readonly name: string
  readonly type: string
  readonly notnull: boolean
  readonly default: string | null
  readonly generated: boolean
  readonly key: boolean
  readonly target: string | null
  readonly action: string | null
}

async function foundColumns(): Promise<Map<string, string[]>> {
  const columns = await ask<Column>(`select c.relname as table, a.attname as name,
      format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as notnull,
      pg_get_expr(d.adbin, d.adrelid) as default, a.attgenerated <> '' as generated,
      coalesce(a.attnum = any(p.conkey), false) as key, f.confrelid::regclass::text as target,
      case f.confdeltype when 'c' then 'CASCADE' when 'n' then 'SET NULL' when 'a' then 'NO ACTION' end as action
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    left join pg_constraint p on p.conrelid = c.oid and p.contype = 'p'
    left join pg_constraint f on f.conrelid = c.oid and f.contype = 'f' and f.conkey = array[a.attnum]
    where n.nspname = 'holdfast' and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped order by a.attnum`)
  return Map.groupBy(columns, ({ table }) => table)
    .entries()
    .map(([table, all]) => [table, all.map(columnText)] as const)
    .reduce((found, [table, lines]) => found.set(table, lines), new Map<string, string[]>())
}

function columnText(column: Column): string {
  const rules = [
    column.key ? 'key' : column.notnull ? 'not null' : '',
    column.default === null || column.generated ? '' : `default ${defaultText(column.default)}`,
    column.generated ? 'generated' : '',
    column.target === null ? '' : `→ ${column.target.replace('holdfast.', '')} ${column.action}`,
  ]
  return `\`${column.name}\` ${column.type} ${rules.filter((rule) => rule !== '').join(', ')}`.trim()
}

function defaultText(text: string): string {
  return text
    .replace(/::[a-z ]+$/, '')
    .replace(/^'(\d+)'$/, '$1')
    .replace('now()', 'now')
}

interface Index {
  readonly table: string
  readonly name: string
  readonly unique: boolean
  readonly constraint: boolean
  readonly gin: boolean
  readonly columns: string
  readonly where: string | null
}

async function foundRules(): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>()
  const add = (table: string, line: string): void =>
    void found.set(table, [...(found.get(table) ?? []), line])
  const checks = await ask<{ table: string; name: string }>(`select c.relname as table, k.conname as name
    from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'holdfast' and k.contype = 'c'`)
  for (const { table, name } of checks) add(table, plain(`- check \`${name}\``))
  const indexes = await ask<Index>(`select c.relname as table, x.relname as name, i.indisunique as unique,
      exists (select 1 from pg_constraint k where k.conindid = x.oid) as constraint, m.amname = 'gin' as gin,
      (select string_agg(pg_get_indexdef(x.oid, k, true), ', ' order by k)
         from generate_series(1, i.indnatts) as k) as columns,
      pg_get_expr(i.indpred, i.indrelid) as where
    from pg_index i join pg_class x on x.oid = i.indexrelid join pg_class c on c.oid = i.indrelid
    join pg_namespace n on n.oid = c.relnamespace join pg_am m on m.oid = x.relam
    where n.nspname = 'holdfast' and not i.indisprimary`)
  for (const { table, name, unique, constraint, gin, columns, where } of indexes) {
    const named = constraint ? '' : `\`${name}\` `
    // A GIN index holds empty objects as well: there is nothing in them to hold.
    const condition = gin ? " where column <> '{}'" : where === null ? '' : ` where ${where}`
    add(table, plain(`- ${unique ? 'unique' : 'index'} ${named}(${columns})${condition}`))
  }
  return found
}

/** A line without what the two databases write differently. */
function plain(line: string): string {
  return line
    .replaceAll('"', '')
    .replaceAll(/::\w+/g, '')
    .replaceAll(/where \w+ (?:<>|!=) '\{\}'/g, "where column <> '{}'")
    .replace(/ where .*/, (where) => where.toLowerCase().replaceAll(/[()]/g, ''))
}
