import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { translate } from './errors.ts'
import { checkOurs } from './ours.ts'

/**
 * Number of the newest migration of a SQLite file, which is not changed; 0 where there is none yet.
 * @throws WorkflowError `STORE_NOT_A_DATABASE`, `STORE_UNAVAILABLE`.
 */
export function sqliteSchemaVersion(path: string): number {
  if (path === ':memory:' || !existsSync(path)) return 0
  const what = `The store sqlite:${path}`
  let database: DatabaseSync | null = null
  try {
    database = new DatabaseSync(path, { readOnly: true })
    checkOurs(database, what)
    if (database.prepare("select 1 from sqlite_schema where name = 'schema_migrations'").get() === undefined)
      return 0
    return Number(database.prepare('select max(number) as newest from schema_migrations').get()?.newest ?? 0)
  } catch (error) {
    throw translate(error, what)
  } finally {
    database?.close()
  }
}
