import type pg from 'pg'
import { expect, test } from 'vitest'
import { connected, freshDatabase } from '../postgres/databases.ts'
import { foreignKeyTests } from './foreignKeyTests.ts'
import { postgresSchema } from './postgresSchema.ts'
import { schemaTests } from './schemaTests.ts'

async function connect(): Promise<pg.Client> {
  const client = await connected(await freshDatabase())
  await client.query('set search_path to holdfast')
  return client
}

schemaTests('PostgreSQL', async () => {
  const client = await connect()
  const ask = async (statement: string) => (await client.query<Record<string, unknown>>(statement)).rows
  return postgresSchema(ask, 'holdfast', async () => await client.end())
})

foreignKeyTests('PostgreSQL', async () => {
  const client = await connect()
  return {
    exec: async (statements) => void (await client.query(statements)),
    ask: async (query) => (await client.query<object>(query)).rows,
    close: async () => await client.end(),
  }
})

test('[PG4] the columns that are looked into have GIN indexes', async () => {
  const client = await connect()
  const { rows } = await client.query<{ name: string }>(
    "select indexname as name from pg_indexes where schemaname = 'holdfast' and indexdef like '%USING gin%'",
  )
  await client.end()
  expect(rows.map(({ name }) => name).toSorted()).toEqual([
    'idx_workflow_runs_git_diff_stats_gin',
    'idx_workflow_runs_metadata_gin',
  ])
})
