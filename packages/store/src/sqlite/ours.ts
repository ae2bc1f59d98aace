import type { DatabaseSync } from 'node:sqlite'
import { WorkflowError } from '@holdfast/workflow-sdk'

/** Marks a file as ours in the header of the database: the letters `Hold`. */
export const APPLICATION_ID = 0x486f6c64

/** A database of another program is left alone. @throws WorkflowError `STORE_NOT_A_DATABASE`. */
export function checkOurs(database: DatabaseSync, what: string): void {
  const { application_id: id } = database.prepare('pragma application_id').get() as {
    application_id: number
  }
  if (id === APPLICATION_ID) return
  const tables = database.prepare('select count(*) as count from sqlite_schema').get() as { count: number }
  if (id === 0 && tables.count === 0) return
  throw new WorkflowError(
    'STORE_NOT_A_DATABASE',
    `${what} is a database of another program. Give the path of a Holdfast database, or of a file that does not exist yet.`,
    { details: { applicationId: id } },
  )
}
