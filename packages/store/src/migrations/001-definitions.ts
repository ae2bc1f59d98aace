import { sql } from 'kysely'
import type { Migration } from './dialect.ts'

/** Projects, their workflows and versions, chat sessions. */
export const definitions: Migration = {
  number: 1,
  name: 'definitions',
  up: async (db, { json, time, now }) => {
    await db.schema
      .createTable('projects')
      .addColumn('id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('path', 'text', (c) => c.notNull().unique())
      .addColumn('created_at', time, (c) => c.notNull().defaultTo(now))
      .addColumn('updated_at', time, (c) => c.notNull().defaultTo(now))
      .execute()

    await db.schema
      .createTable('workflow_definitions')
      .addColumn('id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('project_id', 'text', (c) => c.notNull().references('projects.id').onDelete('cascade'))
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('description', 'text', (c) => c.notNull().defaultTo(''))
      .addColumn('version', 'integer', (c) => c.notNull().defaultTo(1))
      .addColumn('file_path', 'text')
      .addColumn('config', json, (c) => c.notNull().defaultTo('{}'))
      .addColumn('is_active', 'boolean', (c) => c.notNull().defaultTo(sql`true`))
      .addColumn('trigger_event', 'text')
      .addColumn('content_hash', 'text', (c) => c.notNull())
      .addColumn('parsed_at', time, (c) => c.notNull().defaultTo(now))
      .addColumn('created_at', time, (c) => c.notNull().defaultTo(now))
      .addColumn('updated_at', time, (c) => c.notNull().defaultTo(now))
      .addUniqueConstraint('uq_workflow_definitions_project_name', ['project_id', 'name'])
      .execute()
    await db.schema
      .createIndex('idx_workflow_definitions_name_is_active')
      .on('workflow_definitions')
      .columns(['name', 'is_active'])
      .execute()

    await db.schema
      .createTable('workflow_versions')
      .addColumn('id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('workflow_id', 'text', (c) =>
        c.notNull().references('workflow_definitions.id').onDelete('cascade'),
      )
      .addColumn('version', 'integer', (c) => c.notNull())
      .addColumn('source', 'text', (c) => c.notNull())
      .addColumn('bundle', 'text', (c) => c.notNull())
      .addColumn('config', json, (c) => c.notNull().defaultTo('{}'))
      .addColumn('content_hash', 'text', (c) => c.notNull())
      .addColumn('lock_hash', 'text')
      .addColumn('parsed_at', time, (c) => c.notNull().defaultTo(now))
      .addColumn('created_at', time, (c) => c.notNull().defaultTo(now))
      .addUniqueConstraint('uq_workflow_versions_workflow_version', ['workflow_id', 'version'])
      .addUniqueConstraint('uq_workflow_versions_workflow_hash', ['workflow_id', 'content_hash'])
      .execute()

    await db.schema
      .createTable('sessions')
      .addColumn('id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('project_id', 'text', (c) => c.notNull().references('projects.id').onDelete('cascade'))
      .addColumn('agent_name', 'text')
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('created_at', time, (c) => c.notNull().defaultTo(now))
      .addUniqueConstraint('uq_sessions_project_name', ['project_id', 'name'])
      .execute()
  },
}
