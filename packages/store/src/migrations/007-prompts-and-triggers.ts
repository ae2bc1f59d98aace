import { sql } from 'kysely'
import { MONEY, type AnyDatabase, type Dialect, type Migration } from './dialect.ts'

/** Prompts and their labels; nodes, triggers and schedules of workflows; attempts that know their node. */
export const promptsAndTriggers: Migration = {
  number: 7,
  name: 'prompts-and-triggers',
  up: async (db, dialect) => {
    await createPrompts(db, dialect)
    await createNodes(db, dialect)
    await createTriggers(db, dialect)
    await linkAttempts(db, dialect)
    await db.schema
      .createIndex('idx_sessions_project_id_created_at')
      .on('sessions')
      .columns(['project_id', 'created_at'])
      .execute()
  },
}

async function createPrompts(db: AnyDatabase, { json, time, now }: Dialect): Promise<void> {
  await db.schema
    .createTable('prompt_definitions')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('project_id', 'text', (c) => c.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('category', 'text')
    .addColumn('version', 'integer', (c) => c.notNull().defaultTo(1))
    .addColumn('system_prompt_text', 'text', (c) => c.notNull())
    .addColumn('model_name', 'text')
    .addColumn('generation_config', json)
    .addColumn('template_variables', json)
    .addColumn('output_schema', json)
    .addColumn('status', 'text', (c) => c.notNull().defaultTo('active'))
    .addColumn('file_path', 'text')
    .addColumn('content_hash', 'text', (c) => c.notNull())
    .addColumn('parsed_at', time, (c) => c.notNull().defaultTo(now))
    .addColumn('created_at', time, (c) => c.notNull().defaultTo(now))
    .addColumn('updated_at', time, (c) => c.notNull().defaultTo(now))
    .addUniqueConstraint('uq_prompt_definitions_project_name_version', ['project_id', 'name', 'version'])
    .addCheckConstraint('valid_prompt_status', sql`status in ('draft','active','archived')`)
    .execute()

  await db.schema
    .createTable('prompt_labels')
    .addColumn('project_id', 'text', (c) => c.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('label', 'text', (c) => c.notNull())
    .addColumn('prompt_id', 'text', (c) =>
      c.notNull().references('prompt_definitions.id').onDelete('cascade'),
    )
    .addColumn('created_at', time, (c) => c.notNull().defaultTo(now))
    .addColumn('updated_at', time, (c) => c.notNull().defaultTo(now))
    .addPrimaryKeyConstraint('pk_prompt_labels', ['project_id', 'name', 'label'])
    .execute()
  await db.schema.createIndex('idx_prompt_labels_prompt_id').on('prompt_labels').column('prompt_id').execute()
}

async function createNodes(db: AnyDatabase, { json }: Dialect): Promise<void> {
  await db.schema
    .createTable('workflow_nodes')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('workflow_id', 'text', (c) =>
      c.notNull().references('workflow_definitions.id').onDelete('cascade'),
    )
    .addColumn('version_id', 'text', (c) =>
      c.notNull().references('workflow_versions.id').onDelete('cascade'),
    )
    .addColumn('node_id', 'text', (c) => c.notNull())
    .addColumn('step_order', 'integer', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('step_type', 'text', (c) => c.notNull().defaultTo('AI_PROMPT'))
    .addColumn('prompt_id', 'text', (c) => c.references('prompt_definitions.id').onDelete('no action'))
    .addColumn('step_config', json)
    .addColumn('condition_rules', json)
    .addColumn('delay_minutes', 'integer', (c) => c.notNull().defaultTo(0))
    .addUniqueConstraint('uq_workflow_nodes_version_node', ['version_id', 'node_id'])
    .addCheckConstraint('valid_delay', sql`delay_minutes >= 0`)
    .execute()
  await db.schema
    .createIndex('idx_workflow_nodes_workflow_id')
    .on('workflow_nodes')
    .column('workflow_id')
    .execute()
  await db.schema
    .createIndex('idx_workflow_nodes_prompt_id')
    .on('workflow_nodes')
    .column('prompt_id')
    .where('prompt_id', 'is not', null)
    .execute()
}

async function createTriggers(db: AnyDatabase, { time, now }: Dialect): Promise<void> {
  await db.schema
    .createTable('triggers')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('workflow_id', 'text', (c) =>
      c.notNull().references('workflow_definitions.id').onDelete('cascade'),
    )
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('origin', 'text', (c) => c.notNull().defaultTo('person'))
    .addColumn('event_name', 'text')
    .addColumn('condition', 'text')
    .addColumn('cron', 'text')
    .addColumn('time_zone', 'text')
    .addColumn('is_active', 'boolean', (c) => c.notNull().defaultTo(sql`true`))
    .addColumn('created_at', time, (c) => c.notNull().defaultTo(now))
    .addColumn('updated_at', time, (c) => c.notNull().defaultTo(now))
    .addCheckConstraint('valid_trigger_origin', sql`origin in ('definition','person')`)
    .addCheckConstraint(
      'valid_trigger',
      sql`(kind = 'event' and event_name is not null) or (kind = 'cron' and cron is not null and time_zone is not null) or kind = 'webhook'`,
    )
    .execute()
  await db.schema.createIndex('idx_triggers_workflow_id').on('triggers').column('workflow_id').execute()
  await db.schema
    .createIndex('idx_triggers_event_name')
    .on('triggers')
    .column('event_name')
    .where('event_name', 'is not', null)
    .execute()

  await db.schema
    .createTable('schedules')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('trigger_id', 'text', (c) =>
      c.notNull().unique().references('triggers.id').onDelete('cascade'),
    )
    .addColumn('workflow_id', 'text', (c) =>
      c.notNull().references('workflow_definitions.id').onDelete('cascade'),
    )
    .addColumn('next_at', time)
    .addColumn('last_at', time)
    .addColumn('last_run_id', 'text')
    .addColumn('created_at', time, (c) => c.notNull().defaultTo(now))
    .addColumn('updated_at', time, (c) => c.notNull().defaultTo(now))
    .execute()
  await db.schema.createIndex('idx_schedules_next_at').on('schedules').column('next_at').execute()
  await db.schema.createIndex('idx_schedules_workflow_id').on('schedules').column('workflow_id').execute()
}

/** Lets an attempt refer to its node, and lists of attempts be read in order. */
async function linkAttempts(db: AnyDatabase, dialect: Dialect): Promise<void> {
  if (dialect.name === 'postgres') {
    await db.schema
      .alterTable('execution_logs')
      .addForeignKeyConstraint('fk_execution_logs_node', ['node_id'], 'workflow_nodes', ['id'])
      .onDelete('set null')
      .execute()
  } else await rebuildAttempts(db, dialect)
  const index = (suffix: string) => db.schema.createIndex(`idx_execution_logs_${suffix}`).on('execution_logs')
  await index('workflow_id_executed_at').columns(['workflow_id', 'executed_at']).execute()
  await index('executed_at').column('executed_at').execute()
  for (const column of ['node_id', 'triggering_object_id'])
    await index(column).columns([column, 'executed_at']).where(column, 'is not', null).execute()
}

/** SQLite adds a foreign key to a table only by making it anew. */
async function rebuildAttempts(db: AnyDatabase, { json, time, now }: Dialect): Promise<void> {
  await db.schema.alterTable('execution_logs').renameTo('execution_logs_before').execute()
  for (const name of ['step_id', 'parent']) await db.schema.dropIndex(`idx_execution_logs_${name}`).execute()
  await db.schema
    .createTable('execution_logs')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('workflow_id', 'text', (c) => c.notNull())
    .addColumn('run_id', 'text', (c) => c.notNull())
    .addColumn('step_id', 'text', (c) => c.notNull().references('workflow_steps.id').onDelete('cascade'))
    .addColumn('node_id', 'text', (c) => c.references('workflow_nodes.id').onDelete('set null'))
    .addColumn('attempt_number', 'integer', (c) => c.notNull().defaultTo(1))
    .addColumn('triggering_object_id', 'text')
    .addColumn('parent_execution_log_id', 'text', (c) =>
      c.references('execution_logs.id').onDelete('set null'),
    )
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('input_context', json)
    .addColumn('raw_output', json)
    .addColumn('parsed_output', json)
    .addColumn('error_message', 'text')
    .addColumn('duration_ms', 'bigint')
    .addColumn('token_usage', 'bigint')
    .addColumn('cost', MONEY)
    .addColumn('executed_at', time, (c) => c.notNull().defaultTo(now))
    .addCheckConstraint('valid_log_status', sql`status in ('SUCCESS','FAILURE','SKIPPED','CANCELLED')`)
    .execute()
  await sql`insert into execution_logs select * from execution_logs_before order by rowid`.execute(db)
  await db.schema.dropTable('execution_logs_before').execute()
  await db.schema.createIndex('idx_execution_logs_step_id').on('execution_logs').column('step_id').execute()
  await db.schema
    .createIndex('idx_execution_logs_parent')
    .on('execution_logs')
    .column('parent_execution_log_id')
    .where('parent_execution_log_id', 'is not', null)
    .execute()
}
