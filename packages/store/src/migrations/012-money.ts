import { sql } from 'kysely'
import type { AnyDatabase, Dialect, Migration } from './dialect.ts'

/** Budgets that runs share, quotas of providers, and sums of usage over time. */
export const money: Migration = {
  number: 12,
  name: 'money',
  up: async (db, dialect) => {
    await db.schema.alterTable('workflow_runs').addColumn('root_run_id', 'text').execute()
    await sql`update workflow_runs set root_run_id = coalesce(parent_run_id, id)`.execute(db)
    await db.schema
      .createIndex('idx_workflow_runs_root_run_id')
      .on('workflow_runs')
      .column('root_run_id')
      .execute()
    await db.schema.createIndex('idx_llm_usage_created_at').on('llm_usage').column('created_at').execute()
    await extendSessions(db, dialect)
    await createGrants(db, dialect)
    await createLimits(db, dialect)
  },
}

async function extendSessions(db: AnyDatabase, { json }: Dialect): Promise<void> {
  await db.schema.alterTable('agent_sessions').addColumn('reserved', json).execute()
  await db.schema
    .createIndex('idx_agent_sessions_reserved')
    .on('agent_sessions')
    .column('run_id')
    .where(sql<boolean>`reserved is not null and status = 'running'`)
    .execute()
  await db.schema
    .createIndex('idx_agent_sessions_agent_completed_at')
    .on('agent_sessions')
    .columns(['agent', 'completed_at'])
    .where('completed_at', 'is not', null)
    .execute()
}

async function createGrants(db: AnyDatabase, { time, now }: Dialect): Promise<void> {
  await db.schema
    .createTable('budget_grants')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('run_id', 'text', (c) => c.notNull().references('workflow_runs.id').onDelete('cascade'))
    .addColumn('scope', 'text', (c) => c.notNull())
    .addColumn('scope_id', 'text', (c) => c.notNull())
    .addColumn('limit_name', 'text', (c) => c.notNull())
    .addColumn('millionths', 'bigint')
    .addColumn('granted_by', 'text')
    .addColumn('created_at', time, (c) => c.notNull().defaultTo(now))
    .addCheckConstraint('valid_scope', sql`scope in ('tree','day')`)
    .execute()
  await db.schema.createIndex('idx_budget_grants_run_id').on('budget_grants').column('run_id').execute()
  await db.schema
    .createIndex('idx_budget_grants_scope')
    .on('budget_grants')
    .columns(['scope', 'scope_id'])
    .execute()
}

async function createLimits(db: AnyDatabase, { time, now }: Dialect): Promise<void> {
  await db.schema
    .createTable('provider_limits')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('run_id', 'text', (c) => c.notNull().references('workflow_runs.id').onDelete('cascade'))
    .addColumn('provider', 'text', (c) => c.notNull())
    .addColumn('account', 'text')
    .addColumn('model', 'text')
    .addColumn('reset_at', time)
    .addColumn('released_by', 'text')
    .addColumn('created_at', time, (c) => c.notNull().defaultTo(now))
    .execute()
  await db.schema.createIndex('idx_provider_limits_run_id').on('provider_limits').column('run_id').execute()
  await db.schema
    .createIndex('idx_provider_limits_provider_created_at')
    .on('provider_limits')
    .columns(['provider', 'created_at'])
    .execute()
}
