import { sql } from 'kysely'
import type { AnyDatabase, Dialect, Migration } from './dialect.ts'

/** Questions and messages; workspaces and checkpoints; workers; blobs. */
export const peopleAndPlaces: Migration = {
  number: 5,
  name: 'people-and-places',
  up: async (db, dialect) => {
    await createPeople(db, dialect)
    await createPlaces(db, dialect)
    const { time, now, bytes } = dialect
    await db.schema
      .createTable('workers')
      .addColumn('id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('host_id', 'text', (c) => c.notNull())
      .addColumn('boot_id', 'text', (c) => c.notNull())
      .addColumn('pid_namespace', 'text', (c) => c.notNull())
      .addColumn('pid', 'integer', (c) => c.notNull())
      .addColumn('process_started_at', 'text')
      .addColumn('started_at', time, (c) => c.notNull().defaultTo(now))
      .addColumn('renewed_at', time, (c) => c.notNull().defaultTo(now))
      .addColumn('concurrency', 'integer', (c) => c.notNull().defaultTo(1))
      .execute()
    await db.schema
      .createTable('blobs')
      .addColumn('hash', 'text', (c) => c.primaryKey().notNull())
      .addColumn('bytes', bytes, (c) => c.notNull())
      .addColumn('size_bytes', 'bigint', (c) => c.notNull())
      .addColumn('created_at', time, (c) => c.notNull().defaultTo(now))
      .execute()
  },
}

async function createPeople(db: AnyDatabase, { json, value, time, now }: Dialect): Promise<void> {
  await db.schema
    .createTable('approvals')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('run_id', 'text', (c) => c.notNull().references('workflow_runs.id').onDelete('cascade'))
    .addColumn('approval_key', 'text', (c) => c.notNull())
    .addColumn('step_id', 'text', (c) => c.references('workflow_steps.id').onDelete('set null'))
    .addColumn('kind', 'text', (c) => c.notNull().defaultTo('approval'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('title', 'text', (c) => c.notNull())
    .addColumn('body', 'text', (c) => c.notNull().defaultTo(''))
    .addColumn('revision', 'integer', (c) => c.notNull().defaultTo(1))
    .addColumn('status', 'text', (c) => c.notNull().defaultTo('open'))
    .addColumn('approved', 'boolean')
    .addColumn('answer', value)
    .addColumn('answer_schema', value)
    .addColumn('choices', json, (c) => c.notNull().defaultTo('[]'))
    .addColumn('comment', 'text')
    .addColumn('answered_by', 'text')
    .addColumn('until', time)
    .addColumn('created_at', time, (c) => c.notNull().defaultTo(now))
    .addColumn('answered_at', time)
    .addColumn('answered_sequence', 'integer')
    .addUniqueConstraint('uq_approvals_run_key', ['run_id', 'approval_key'])
    .addCheckConstraint('valid_approval_status', sql`status in ('open','answered','withdrawn')`)
    .execute()
  await db.schema
    .createIndex('idx_approvals_open')
    .on('approvals')
    .columns(['created_at'])
    .where(sql<boolean>`status = 'open'`)
    .execute()
  await db.schema
    .createIndex('idx_approvals_step_id')
    .on('approvals')
    .column('step_id')
    .where('step_id', 'is not', null)
    .execute()

  await db.schema
    .createTable('messages')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('session_id', 'text', (c) => c.references('sessions.id').onDelete('cascade'))
    .addColumn('run_id', 'text', (c) => c.references('workflow_runs.id').onDelete('cascade'))
    .addColumn('role', 'text', (c) => c.notNull())
    .addColumn('text_content', 'text', (c) => c.notNull())
    .addColumn('message_type', 'text', (c) => c.notNull().defaultTo('note'))
    .addColumn('delivery_state', 'text', (c) => c.notNull().defaultTo('queued'))
    .addColumn('created_at', time, (c) => c.notNull().defaultTo(now))
    .addCheckConstraint('valid_role', sql`role in ('user','assistant')`)
    .execute()
  for (const column of ['session_id', 'run_id']) {
    await db.schema
      .createIndex(`idx_messages_${column}_created_at`)
      .on('messages')
      .columns([column, 'created_at'])
      .where(column, 'is not', null)
      .execute()
  }
}

async function createPlaces(db: AnyDatabase, { time, now }: Dialect): Promise<void> {
  await db.schema
    .createTable('workspaces')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('project_id', 'text', (c) => c.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('host_id', 'text', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('path', 'text', (c) => c.notNull())
    .addColumn('branch', 'text')
    .addColumn('persistent', 'boolean', (c) => c.notNull().defaultTo(sql`true`))
    .addColumn('status', 'text', (c) => c.notNull().defaultTo('ready'))
    .addColumn('last_commit', 'text')
    .addColumn('created_at', time, (c) => c.notNull().defaultTo(now))
    .addColumn('cleaned_at', time)
    .addCheckConstraint('valid_workspace_status', sql`status in ('ready','cleaned')`)
    .execute()
  await db.schema.createIndex('idx_workspaces_project_id').on('workspaces').column('project_id').execute()

  await db.schema
    .createTable('checkpoints')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('run_id', 'text', (c) => c.notNull().references('workflow_runs.id').onDelete('cascade'))
    .addColumn('step_id', 'text', (c) => c.references('workflow_steps.id').onDelete('cascade'))
    .addColumn('taken_when', 'text', (c) => c.notNull())
    .addColumn('tree_id', 'text', (c) => c.notNull())
    .addColumn('commit_hash', 'text', (c) => c.notNull())
    .addColumn('ref', 'text', (c) => c.notNull())
    .addColumn('exact', 'boolean', (c) => c.notNull().defaultTo(sql`true`))
    .addColumn('created_at', time, (c) => c.notNull().defaultTo(now))
    .execute()
  await db.schema.createIndex('idx_checkpoints_run_id').on('checkpoints').column('run_id').execute()
  await db.schema.createIndex('idx_checkpoints_step_id').on('checkpoints').column('step_id').execute()
}
