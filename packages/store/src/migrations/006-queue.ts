import { sql, type RawBuilder } from 'kysely'
import type { AnyDatabase, Dialect, Migration } from './dialect.ts'

/** Priority, limits and places of the queue; keys of starts. */
export const queue: Migration = {
  number: 6,
  name: 'queue',
  up: async (db, dialect) => {
    await addColumns(db, dialect)
    await db.schema.dropIndex('idx_workflow_runs_due_at').execute()
    await index(db, 'queue', ['host_id', 'queue_rank', 'due_at'], DUE)
    await createGateIndexes(db)
    await createStartIndexes(db)
    await sql`update workflow_runs set host_id = (select host_id from workspaces where workspaces.id = workflow_runs.workspace_id)
      where completed_at is null`.execute(db)
    await sql`update workflow_runs set queue_rank = 1 where started_at is not null and completed_at is null`.execute(
      db,
    )
  },
}

/** A run that may be claimed once its time has come. */
const DUE = sql<boolean>`owner_token is null and due_at is not null`

async function addColumns(db: AnyDatabase, { time }: Dialect): Promise<void> {
  const add = (column: string, type: 'text' | 'integer' | 'bigint' | Dialect['time']) =>
    db.schema.alterTable('workflow_runs').addColumn(column, type).execute()
  for (const column of ['priority', 'queue_rank']) {
    await db.schema
      .alterTable('workflow_runs')
      .addColumn(column, 'integer', (c) => c.notNull().defaultTo(0))
      .execute()
  }
  await add('concurrency_key', 'text')
  await add('concurrency_limit', 'integer')
  await add('rate_key', 'text')
  await add('rate_limit', 'integer')
  await add('rate_per_ms', 'bigint')
  for (const column of [
    'idempotency_key',
    'input_hash',
    'singleton_key',
    'debounce_key',
    'host_id',
    'held_by',
  ])
    await add(column, 'text')
  await add('held_at', time)
  await db.schema.alterTable('workers').addColumn('workspace_group', 'text').execute()
}

/** What a claim asks about a key: who runs, who is next, who waits, when the last ones began. */
async function createGateIndexes(db: AnyDatabase): Promise<void> {
  const running = sql<boolean>`concurrency_key is not null and owner_token is not null`
  await index(db, 'concurrency_running', ['workflow_id', 'concurrency_key'], running)
  const rates = sql<boolean>`rate_key is not null and started_at is not null`
  await index(db, 'rate_started', ['workflow_id', 'rate_key', 'started_at'], rates)
  for (const [name, column, unstarted] of [
    ['concurrency', 'concurrency_key', ''],
    ['rate', 'rate_key', ' and started_at is null'],
  ] as const) {
    const key = sql.ref(column)
    const ready = sql<boolean>`${key} is not null and ${DUE}${sql.raw(unstarted)}`
    await index(db, `${name}_ready`, ['workflow_id', column, 'host_id', 'due_at'], ready)
    const heldBy = sql.lit(name === 'rate' ? 'quota' : 'concurrency')
    const held = sql<boolean>`${key} is not null and held_by = ${heldBy} and due_at is null`
    await index(db, `${name}_held`, ['workflow_id', column, 'queue_rank desc', 'created_at'], held)
  }
}

/** A key of a start stands for one run. */
async function createStartIndexes(db: AnyDatabase): Promise<void> {
  const unique = (column: string, also: RawBuilder<unknown>) =>
    db.schema
      .createIndex(`uq_workflow_runs_${column}`)
      .unique()
      .on('workflow_runs')
      .columns(['workflow_id', column])
      .where(sql<boolean>`${sql.ref(column)} is not null${also}`)
      .execute()
  await unique('idempotency_key', sql``)
  await unique('singleton_key', sql` and completed_at is null`)
  await unique('debounce_key', sql` and started_at is null and completed_at is null`)
}

async function index(
  db: AnyDatabase,
  name: string,
  columns: string[],
  where: RawBuilder<boolean>,
): Promise<void> {
  await db.schema
    .createIndex(`idx_workflow_runs_${name}`)
    .on('workflow_runs')
    .columns(columns)
    .where(where)
    .execute()
}
