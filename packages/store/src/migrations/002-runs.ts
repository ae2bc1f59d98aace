import { sql, type ColumnDefinitionBuilder } from 'kysely'
import { MONEY, type AnyDatabase, type Dialect, type Migration } from './dialect.ts'

/** Runs and their journal. */
export const runs: Migration = {
  number: 2,
  name: 'runs',
  up: async (db, dialect) => {
    await createRuns(db, dialect)
    await createRunIndexes(db, dialect)
    await db.schema
      .createTable('workflow_events')
      .addColumn('run_id', 'text', (c) => c.notNull().references('workflow_runs.id').onDelete('cascade'))
      .addColumn('sequence', 'integer', (c) => c.notNull())
      .addColumn('event_type', 'text', (c) => c.notNull())
      .addColumn('timestamp', dialect.time, (c) => c.notNull().defaultTo(dialect.now))
      .addColumn('payload', dialect.value, (c) => c.notNull())
      .addColumn('schema_version', 'integer', (c) => c.notNull().defaultTo(1))
      .addColumn('external_id', 'text')
      .addPrimaryKeyConstraint('pk_workflow_events', ['run_id', 'sequence'])
      .modifyEnd(dialect.keyedByRun)
      .execute()
    await db.schema
      .createIndex('uq_workflow_events_external_id')
      .unique()
      .on('workflow_events')
      .columns(['run_id', 'external_id'])
      .where('external_id', 'is not', null)
      .execute()
  },
}

async function createRuns(db: AnyDatabase, { name, json, value, time, now }: Dialect): Promise<void> {
  const stored = name === 'postgres'
  const generated = (expression: string) => (c: ColumnDefinitionBuilder) => {
    const column = c.generatedAlwaysAs(sql.raw(expression))
    return stored ? column.stored() : column
  }
  await db.schema
    .createTable('workflow_runs')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('run_id', 'text', generated('id'))
    .addColumn('project_id', 'text', (c) => c.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('workflow_id', 'text', (c) =>
      c.notNull().references('workflow_definitions.id').onDelete('no action'),
    )
    .addColumn('workflow_name', 'text', (c) => c.notNull())
    .addColumn('workflow_version', 'integer', (c) => c.notNull().defaultTo(1))
    .addColumn('status', 'text', (c) => c.notNull().defaultTo('pending'))
    .addColumn('current_workflow_step_id', 'text', (c) =>
      stored ? c : c.references('workflow_steps.id').onDelete('set null'),
    )
    .addColumn('started_at', time)
    .addColumn('completed_at', time)
    .addColumn('created_at', time, (c) => c.notNull().defaultTo(now))
    .addColumn('updated_at', time, (c) => c.notNull().defaultTo(now))
    .addColumn('duration_ms', 'bigint')
    .addColumn('duration_seconds', 'bigint', generated('duration_ms / 1000'))
    .addColumn('active_ms', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('input', value)
    .addColumn('input_blob', json)
    .addColumn('task_input', 'text', (c) => c.notNull())
    .addColumn('user_message', 'text', generated('task_input'))
    .addColumn('output', value)
    .addColumn('output_blob', json)
    .addColumn('result', 'text')
    .addColumn('error', json)
    .addColumn('error_message', 'text')
    .addColumn('state', json, (c) => c.notNull().defaultTo('{}'))
    .addColumn('log_file_path', 'text')
    .addColumn('pr_url', 'text')
    .addColumn('agent_type', 'text')
    .addColumn('ai_model', 'text')
    .addColumn('session_id', 'text', (c) => c.references('sessions.id').onDelete('set null'))
    .addColumn('session_name', 'text')
    .addColumn('user_id', 'text')
    .addColumn('git_repo', 'text')
    .addColumn('git_branch', 'text')
    .addColumn('branch_name', 'text', generated('git_branch'))
    .addColumn('initial_commit_hash', 'text')
    .addColumn('final_commit_hash', 'text')
    .addColumn('commit_sha', 'text', generated('final_commit_hash'))
    .addColumn('git_diff_added_lines', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('git_diff_removed_lines', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('git_diff_files_changed', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('git_diff_stats', json, (c) => c.notNull().defaultTo('{}'))
    .addColumn('workspace_id', 'text')
    .addColumn('workspace_path', 'text')
    .addColumn('workspace_persistent', 'boolean', (c) => c.notNull().defaultTo(sql`true`))
    .addColumn('workspace_cleaned_up', 'boolean', (c) => c.notNull().defaultTo(sql`false`))
    .addColumn('cost_estimate', MONEY)
    .addColumn('input_tokens', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('output_tokens', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('total_tokens', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('cached_read_tokens', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('cached_write_tokens', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('metadata', json, (c) => c.notNull().defaultTo('{}'))
    .addColumn('triggering_object_id', 'text')
    .addColumn('parent_run_id', 'text')
    .addColumn('parent_key', 'text')
    .addColumn('previous_run_id', 'text')
    .addColumn('waiting_for', json)
    .addColumn('deadline_at', time)
    .addColumn('timeout_ms', 'bigint', (c) => c.notNull().defaultTo(3_600_000))
    .addColumn('last_sequence', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('last_step_number', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('owner_token', 'text')
    .addColumn('worker_id', 'text')
    .addColumn('due_at', time)
    .addColumn('left_because', 'text')
    .addColumn('last_append_id', 'text')
    .addColumn('last_append_first', 'integer')
    .addColumn('last_append_last', 'integer')
    .addCheckConstraint(
      'valid_status',
      sql`status in ('pending','running','waiting','paused','cancelling','completed','failed','cancelled','killed','timed_out')`,
    )
    .addCheckConstraint('valid_duration', sql`duration_ms is null or duration_ms >= 0`)
    .addCheckConstraint('valid_tokens', sql`input_tokens >= 0 and output_tokens >= 0 and total_tokens >= 0`)
    .execute()
}

/** Indexes of `workflow_runs`; those on columns that are mostly null hold only rows that have a value. */
async function createRunIndexes(db: AnyDatabase, { name }: Dialect): Promise<void> {
  const index = (suffix: string) => db.schema.createIndex(`idx_workflow_runs_${suffix}`).on('workflow_runs')
  await index('run_id_unique').unique().column('run_id').execute()
  await index('status').column('status').execute()
  await index('workflow_name').column('workflow_name').execute()
  await index('created_at').column('created_at').execute()
  await index('started_at').column('started_at').execute()
  await index('workflow_id_status').columns(['workflow_id', 'status']).execute()
  await index('project_id_status').columns(['project_id', 'status']).execute()
  const sparse = [
    'session_id',
    'user_id',
    'git_branch',
    'workspace_id',
    'current_workflow_step_id',
    'parent_run_id',
    'triggering_object_id',
    'worker_id',
  ]
  for (const column of sparse) await index(column).column(column).where(column, 'is not', null).execute()
  await index('due_at')
    .column('due_at')
    .where(sql<boolean>`owner_token is null and due_at is not null`)
    .execute()
  for (const column of ['metadata', 'git_diff_stats']) {
    const gin = index(`${column}_gin`)
    if (name === 'postgres') await gin.using('gin').column(column).execute()
    else await gin.column(column).where(column, '!=', sql.lit('{}')).execute()
  }
}
