import type { Schema } from './Schema.ts'

/** Runs a statement and answers its rows. */
export type Ask = (statement: string) => Promise<readonly Readonly<Record<string, unknown>>[]>

/** The tables of a PostgreSQL schema, as the catalogue of the server tells them. */
export function postgresSchema(ask: Ask, schema: string, close: () => Promise<void>): Schema {
  const relation = (name: string): string => `'${schema}.${name}'::regclass`
  return {
    types: {
      text: 'text',
      json: 'jsonb',
      value: 'json',
      time: 'timestamp(3) with time zone',
      integer: 'integer',
      bigint: 'bigint',
      boolean: 'boolean',
      money: 'numeric(12,6)',
      bytes: 'bytea',
    },
    tables: async () =>
      await texts(ask, `select tablename as text from pg_tables where schemaname = '${schema}'`),
    columns: async (table) =>
      await texts(
        ask,
        `select '\`' || a.attname || '\` ' || format_type(a.atttypid, a.atttypmod) || coalesce(' ' || nullif(concat_ws(', ',
            case when a.attnum = any(k.conkey) then 'key' when a.attnotnull then 'not null' end,
            case when a.attgenerated <> '' then 'generated' when d.adbin is not null then 'default ' || case
              when pg_get_expr(d.adbin, d.adrelid) in ('now()', 'CURRENT_TIMESTAMP') then 'now'
              else regexp_replace(pg_get_expr(d.adbin, d.adrelid), '::[a-z]+$', '') end end,
            '→ ' || f.confrelid::regclass::text || ' ' || case f.confdeltype
              when 'c' then 'CASCADE' when 'n' then 'SET NULL' when 'a' then 'NO ACTION' else f.confdeltype::text end
          ), ''), '') as text
          from pg_attribute a
          left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
          left join pg_constraint k on k.conrelid = a.attrelid and k.contype = 'p'
          left join pg_constraint f on f.conrelid = a.attrelid and f.contype = 'f' and f.conkey = array[a.attnum]
          where a.attrelid = ${relation(table)} and a.attnum > 0 and not a.attisdropped order by a.attnum`,
        (line) => line.replace(`→ ${schema}.`, '→ '),
      ),
    rules: async (table) => [
      ...(await texts(
        ask,
        `select '- check \`' || conname || '\`' as text from pg_constraint
          where conrelid = ${relation(table)} and contype = 'c'`,
      )),
      ...(await texts(
        ask,
        `select case when i.indisunique then '- unique ' else '- index ' end
            || case when c.contype is null then '\`' || n.relname || '\` ' else '' end
            || '(' || (select string_agg(a.attname, ', ' order by o.place) from unnest(i.indkey) with ordinality as o (column_number, place)
              join pg_attribute a on a.attrelid = i.indrelid and a.attnum = o.column_number) || ')'
            || coalesce(' where ' || pg_get_expr(i.indpred, i.indrelid), '') as text
          from pg_index i join pg_class n on n.oid = i.indexrelid
          left join pg_constraint c on c.conindid = i.indexrelid and c.contype in ('u', 'p')
          where i.indrelid = ${relation(table)} and not i.indisprimary`,
        plainCondition,
      )),
    ],
    // What SQLite leaves out of these two because it is empty, PostgreSQL's kind of index does not hold anyway.
    ruleHere: (rule) => rule.replace(/(_gin` \(\w+\)) where .*/, '$1'),
    viewColumns: async (view) =>
      await texts(
        ask,
        `select attname as text from pg_attribute where attrelid = ${relation(view)} and attnum > 0 order by attnum`,
      ),
    close,
  }
}

async function texts(
  ask: Ask,
  statement: string,
  change = (line: string): string => line,
): Promise<string[]> {
  return (await ask(statement)).map(({ text }) => change(String(text)))
}

/** The server writes conditions with brackets, types and capital words. */
function plainCondition(line: string): string {
  const [rule = '', condition] = line.split(/ where /)
  if (condition === undefined) return rule
  const plain = condition
    .replaceAll(/[()]/g, '')
    .replaceAll(/::\w+/g, '')
    .replaceAll(/\b(IS|NOT|NULL|AND)\b/g, (word) => word.toLowerCase())
  return `${rule} where ${plain}`
}
