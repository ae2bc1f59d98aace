import { sql } from 'kysely'
import { MONEY, type Migration } from './dialect.ts'

/** Steps, their attempts and their outputs. */
export const steps: Migration = {
  number: 3,
  name: 'steps',
  up: async (db, { name, json, value, time, now }) => {
    await db.schema
      .createTable('workflow_steps')
      .addColumn('id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('run_id', 'text', (c) => c.notNull().references('workflow_runs.id').onDelete('cascade'))
      .addColumn('step_key', 'text', (c) => c.notNull())
      .addColumn('step_number', 'integer', (c) => c.notNull())
      .addColumn('parent_step_id', 'text')
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('status', 'text', (c) => c.notNull().defaultTo('pending'))
      .addColumn('started_at', time)
      .addColumn('completed_at', time)
      .addColumn('duration_ms', 'bigint')
      .addColumn('input', value)
      .addColumn('output', value)
      .addColumn('output_blob', json)
      .addColumn('error', json)
      .addColumn('attempt_number', 'integer', (c) => c.notNull().defaultTo(1))
      .addColumn('max_attempts', 'integer', (c) => c.notNull().defaultTo(3))
      .addColumn('log_file_path', 'text')
      .addColumn('created_at', time, (c) => c.notNull().defaultTo(now))
      .addColumn('updated_at', time, (c) => c.notNull().defaultTo(now))
      .addColumn('logged_attempt', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('attempt_tokens', 'bigint')
      .addColumn('attempt_cost', MONEY)
      .addUniqueConstraint('uq_workflow_steps_run_number', ['run_id', 'step_number'])
      .addUniqueConstraint('uq_workflow_steps_run_key', ['run_id', 'step_key'])
      .addCheckConstraint(
        'valid_step_status',
        sql`status in ('pending','running','retrying','completed','failed','skipped','cancelled')`,
      )
      .execute()
    await db.schema
      .createIndex('idx_workflow_steps_run_id_status')
      .on('workflow_steps')
      .columns(['run_id', 'status'])
      .execute()
    await db.schema
      .createIndex('idx_workflow_steps_name_status')
      .on('workflow_steps')
      .columns(['name', 'status'])
      .execute()
    if (name === 'postgres') {
      await db.schema
        .alterTable('workflow_runs')
        .addForeignKeyConstraint(
          'fk_workflow_runs_current_step',
          ['current_workflow_step_id'],
          'workflow_steps',
          ['id'],
        )
        .onDelete('set null')
        .execute()
    }

    await db.schema
      .createTable('execution_logs')
      .addColumn('id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('workflow_id', 'text', (c) => c.notNull())
      .addColumn('run_id', 'text', (c) => c.notNull())
      .addColumn('step_id', 'text', (c) => c.notNull().references('workflow_steps.id').onDelete('cascade'))
      .addColumn('node_id', 'text')
      .addColumn('attempt_number', 'integer', (c) => c.notNull().defaultTo(1))
      .addColumn('triggering_object_id', 'text')
      .addColumn('parent_execution_log_id', 'text', (c) =>
        c.references('execution_logs.id').onDelete('set null'),
      )
      .addColumn('status', 'text', (c) => c.notNull())
      .addColumn('input_context', value)
      .addColumn('raw_output', value)
      .addColumn('parsed_output', value)
      .addColumn('error_message', 'text')
      .addColumn('duration_ms', 'bigint')
      .addColumn('token_usage', 'bigint')
      .addColumn('cost', MONEY)
      .addColumn('executed_at', time, (c) => c.notNull().defaultTo(now))
      .addCheckConstraint('valid_log_status', sql`status in ('SUCCESS','FAILURE','SKIPPED','CANCELLED')`)
      .execute()
    await db.schema.createIndex('idx_execution_logs_step_id').on('execution_logs').column('step_id').execute()
    await db.schema
      .createIndex('idx_execution_logs_parent')
      .on('execution_logs')
      .column('parent_execution_log_id')
      .where('parent_execution_log_id', 'is not', null)
      .execute()
  },
}
