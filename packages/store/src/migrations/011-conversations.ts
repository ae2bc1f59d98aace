import type { Migration } from './dialect.ts'

/** Messages say who wrote them, to which step they belong, and when they were delivered and answered. */
export const conversations: Migration = {
  number: 11,
  name: 'conversations',
  up: async (db, { time }) => {
    await db.schema
      .alterTable('messages')
      .addColumn('step_id', 'text', (c) => c.references('workflow_steps.id').onDelete('set null'))
      .execute()
    await db.schema.alterTable('messages').addColumn('author', 'text').execute()
    await db.schema.alterTable('messages').addColumn('delivered_at', time).execute()
    await db.schema.alterTable('messages').addColumn('answered_at', time).execute()
    await db.schema
      .createIndex('idx_messages_step_id')
      .on('messages')
      .column('step_id')
      .where('step_id', 'is not', null)
      .execute()
  },
}
