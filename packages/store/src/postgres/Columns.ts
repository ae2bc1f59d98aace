import { WorkflowError } from '@holdfast/workflow-sdk'
import type { Pool } from 'pg'

/** A column that holds a value of its own. */
export interface Column {
  readonly name: string
  /** Its type as SQL says it, such as `timestamp(3) with time zone`. */
  readonly type: string
}

/** Columns of every table by name, in their order; generated ones are left out. */
export type Columns = ReadonlyMap<string, readonly Column[]>

/** Reads the columns of the schema's tables. */
export async function readColumns(pool: Pool, schema: string): Promise<Columns> {
  const { rows } = await pool.query<{ in_table: string } & Column>(COLUMNS, [schema])
  const columns = new Map<string, Column[]>()
  for (const { in_table, name, type } of rows) {
    const known = columns.get(in_table)
    if (known === undefined) columns.set(in_table, [{ name, type }])
    else known.push({ name, type })
  }
  return columns
}

/** The columns of one table. */
export function columnsOf(columns: Columns, table: string): readonly Column[] {
  const found = columns.get(table)
  if (found === undefined) throw new WorkflowError('INTERNAL', `The database has no table ${table}.`)
  return found
}

const COLUMNS = `select c.relname as in_table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type
  from pg_catalog.pg_attribute a
  join pg_catalog.pg_class c on c.oid = a.attrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1 and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
  order by c.relname, a.attnum`
