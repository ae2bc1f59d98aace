import { sql } from 'kysely'
import { MONEY, type AnyDatabase, type Dialect, type Migration } from './dialect.ts'

/** What runs leave behind: agent sessions, usage, logs, comments, artifacts; and the outputs of nodes as a view. */
export const records: Migration = {
  number: 4,
  name: 'records',
  up: async (db, dialect) => {
    await createAgentTables(db, dialect)
    await createLogs(db, dialect)
    await createNotes(db, dialect)
    await sql`
      create view workflow_node_outputs as
      select s.run_id, s.step_key as node_id, s.output, s.output_blob,
        (select case when count(*) = count(u.cost) then sum(u.cost) end
           from llm_usage u join workflow_steps d on d.id = u.step_id
          where u.run_id = s.run_id
            and (d.id = s.id or substr(d.step_key, 1, length(s.step_key) + 1) in (s.step_key || '@', s.step_key || '/'))
        ) as cost,
        s.completed_at
      from workflow_steps s
      where s.status = 'completed' and s.parent_step_id is null`.execute(db)
  },
}

async function createAgentTables(db: AnyDatabase, { json, time, now }: Dialect): Promise<void> {
  await db.schema
    .createTable('agent_sessions')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('run_id', 'text', (c) => c.notNull().references('workflow_runs.id').onDelete('cascade'))
    .addColumn('workflow_step_id', 'text', (c) =>
      c.notNull().references('workflow_steps.id').onDelete('cascade'),
    )
    .addColumn('attempt_number', 'integer', (c) => c.notNull().defaultTo(1))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('agent', 'text', (c) => c.notNull())
    .addColumn('cli_session_id', 'text')
    .addColumn('model', 'text')
    .addColumn('status', 'text', (c) => c.notNull().defaultTo('running'))
    .addColumn('session_file_path', 'text', (c) => c.notNull())
    .addColumn('resumed', 'boolean', (c) => c.notNull().defaultTo(sql`false`))
    .addColumn('stop_reason', 'text')
    .addColumn('error', json)
    .addColumn('started_at', time, (c) => c.notNull().defaultTo(now))
    .addColumn('completed_at', time)
    .addCheckConstraint('valid_session_status', sql`status in ('running','completed','failed')`)
    .execute()
  await db.schema
    .createIndex('idx_agent_sessions_workflow_step_id')
    .on('agent_sessions')
    .column('workflow_step_id')
    .execute()
  await db.schema.createIndex('idx_agent_sessions_run_id').on('agent_sessions').column('run_id').execute()

  await db.schema
    .createTable('llm_usage')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('run_id', 'text', (c) => c.notNull().references('workflow_runs.id').onDelete('cascade'))
    .addColumn('step_id', 'text', (c) => c.references('workflow_steps.id').onDelete('set null'))
    .addColumn('agent_session_id', 'text', (c) => c.references('agent_sessions.id').onDelete('set null'))
    .addColumn('call_id', 'text')
    .addColumn('provider', 'text', (c) => c.notNull())
    .addColumn('model', 'text', (c) => c.notNull())
    .addColumn('input_tokens', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('output_tokens', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('cached_read_tokens', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('cached_write_tokens', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('reasoning_tokens', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('total_tokens', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('cost', MONEY)
    .addColumn('price_source', 'text')
    .addColumn('latency_ms', 'bigint')
    .addColumn('created_at', time, (c) => c.notNull().defaultTo(now))
    .execute()
  await db.schema.createIndex('idx_llm_usage_run_id').on('llm_usage').column('run_id').execute()
  for (const column of ['step_id', 'agent_session_id']) {
    await db.schema
      .createIndex(`idx_llm_usage_${column}`)
      .on('llm_usage')
      .column(column)
      .where(column, 'is not', null)
      .execute()
  }
  await db.schema
    .createIndex('uq_llm_usage_call')
    .unique()
    .on('llm_usage')
    .columns(['run_id', 'call_id'])
    .where('call_id', 'is not', null)
    .execute()
}

async function createLogs(db: AnyDatabase, { json, time, now }: Dialect): Promise<void> {
  await db.schema
    .createTable('workflow_logs')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('run_id', 'text', (c) => c.notNull().references('workflow_runs.id').onDelete('cascade'))
    .addColumn('step_id', 'text', (c) => c.references('workflow_steps.id').onDelete('cascade'))
    .addColumn('sequence', 'integer', (c) => c.notNull())
    .addColumn('level', 'text', (c) => c.notNull().defaultTo('info'))
    .addColumn('message', 'text', (c) => c.notNull())
    .addColumn('data', json)
    .addColumn('timestamp', time, (c) => c.notNull().defaultTo(now))
    .addCheckConstraint('valid_level', sql`level in ('trace','debug','info','warn','error','fatal')`)
    .addUniqueConstraint('uq_workflow_logs_step', ['step_id', 'sequence'])
    .execute()
  await db.schema
    .createIndex('uq_workflow_logs_run')
    .unique()
    .on('workflow_logs')
    .columns(['run_id', 'sequence'])
    .where(sql<boolean>`step_id is null`)
    .execute()
  await db.schema
    .createIndex('idx_workflow_logs_run_id_timestamp')
    .on('workflow_logs')
    .columns(['run_id', 'timestamp'])
    .execute()
}

async function createNotes(db: AnyDatabase, { json, time, now }: Dialect): Promise<void> {
  await db.schema
    .createTable('workflow_comments')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('run_id', 'text', (c) => c.notNull().references('workflow_runs.id').onDelete('cascade'))
    .addColumn('step_id', 'text', (c) => c.references('workflow_steps.id').onDelete('cascade'))
    .addColumn('message', 'text', (c) => c.notNull())
    .addColumn('metadata', json, (c) => c.notNull().defaultTo('{}'))
    .addColumn('created_at', time, (c) => c.notNull().defaultTo(now))
    .execute()
  await db.schema
    .createIndex('idx_workflow_comments_run_id_created_at')
    .on('workflow_comments')
    .columns(['run_id', 'created_at'])
    .execute()
  await db.schema
    .createIndex('idx_workflow_comments_step_id_created_at')
    .on('workflow_comments')
    .columns(['step_id', 'created_at'])
    .execute()

  await db.schema
    .createTable('workflow_artifacts')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('run_id', 'text', (c) => c.notNull().references('workflow_runs.id').onDelete('cascade'))
    .addColumn('step_id', 'text', (c) => c.references('workflow_steps.id').onDelete('cascade'))
    .addColumn('agent_session_id', 'text', (c) => c.references('agent_sessions.id').onDelete('cascade'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('type', 'text', (c) => c.notNull().defaultTo('other'))
    .addColumn('storage_path', 'text', (c) => c.notNull())
    .addColumn('storage_type', 'text', (c) => c.notNull().defaultTo('filesystem'))
    .addColumn('mime_type', 'text', (c) => c.notNull())
    .addColumn('size_bytes', 'bigint', (c) => c.notNull())
    .addColumn('metadata', json, (c) => c.notNull().defaultTo('{}'))
    .addColumn('created_at', time, (c) => c.notNull().defaultTo(now))
    .addCheckConstraint(
      'valid_artifact_type',
      sql`type in ('screenshot','log_file','session_file','test_report','build_output','document','other')`,
    )
    .execute()
  await db.schema
    .createIndex('idx_workflow_artifacts_run_id_type')
    .on('workflow_artifacts')
    .columns(['run_id', 'type'])
    .execute()
  for (const column of ['step_id', 'agent_session_id']) {
    await db.schema
      .createIndex(`idx_workflow_artifacts_${column}`)
      .on('workflow_artifacts')
      .column(column)
      .execute()
  }
}
