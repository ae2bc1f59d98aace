import type { Migration } from './dialect.ts'

/** Forked runs say where they come from. */
export const forks: Migration = {
  number: 9,
  name: 'forks',
  up: async (db) => {
    await db.schema.alterTable('workflow_runs').addColumn('forked_from', 'text').execute()
  },
}
