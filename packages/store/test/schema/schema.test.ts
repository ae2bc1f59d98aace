import { openDatabase } from '../../src/sqlite/open.ts'
import { foreignKeyTests } from './foreignKeyTests.ts'
import { schemaTests } from './schemaTests.ts'
import { sqliteSchema } from './sqliteSchema.ts'

schemaTests('SQLite', sqliteSchema)

foreignKeyTests('SQLite', async () => {
  const db = await openDatabase({ path: ':memory:', busyTimeoutMs: 100 })
  /* oxlint-disable typescript/require-await -- what throws is to reject */
  return {
    exec: async (statements) => db.exec(statements),
    ask: async (query) => db.all<object>(query).map((row) => ({ ...row })),
    close: async () => db.close(),
  }
})
