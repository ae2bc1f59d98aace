import { notFound } from './notFound.ts'
import { first, run, type Script } from './Script.ts'
import { sql } from './statement.ts'

/** @throws WorkflowError `RECORD_NOT_FOUND`. */
export function* markWorkspaceCleaned(id: string, now: string): Script<void> {
  const found = yield* first(sql`select id from workspaces where id = ${id}`)
  if (found === null) throw notFound('workspace', id)
  yield* run(
    sql`update workspaces set status = 'cleaned', cleaned_at = ${now} where id = ${id} and status = 'ready'`,
  )
}
