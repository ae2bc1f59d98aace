import type { Migration } from './dialect.ts'

/** Lists of runs that are read in the order in which they were made. */
export const lists: Migration = {
  number: 8,
  name: 'lists',
  up: async (db) => {
    const index = (column: string) =>
      db.schema
        .createIndex(`idx_workflow_runs_${column}_created_at`)
        .on('workflow_runs')
        .columns([column, 'created_at'])
    for (const column of ['project_id', 'workflow_id', 'status']) await index(column).execute()
    await index('git_branch').where('git_branch', 'is not', null).execute()
  },
}
