import type { Migration } from './dialect.ts'

/** Approvals say which files they are about. */
export const boundApprovals: Migration = {
  number: 10,
  name: 'bound-approvals',
  up: async (db, { json }) => {
    await db.schema.alterTable('approvals').addColumn('bound_to', json).execute()
  },
}
