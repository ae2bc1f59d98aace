import { WorkflowError } from '@holdfast/workflow-sdk'
import { sql } from 'kysely'
import type { AnyDatabase, Dialect } from './dialect.ts'
import { MIGRATIONS } from './index.ts'

/** Number of the newest migration that this version knows. */
export const SCHEMA_VERSION = MIGRATIONS.length

/** Which migrations a database has. */
export interface MigrationStatus {
  /** Number of the newest one; 0 for an empty database. */
  readonly version: number
}

/**
 * Brings a database to the newest schema, inside a transaction that the caller holds and that keeps every
 * other process out, so that several may open the store at once.
 * @throws WorkflowError `STORE_NEWER`.
 */
export async function migrate(db: AnyDatabase, dialect: Dialect, what: string): Promise<MigrationStatus> {
  await db.schema
    .createTable('schema_migrations')
    .ifNotExists()
    .addColumn('number', 'integer', (c) => c.primaryKey().notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('applied_at', dialect.time, (c) => c.notNull().defaultTo(dialect.now))
    .execute()
  const found = await sql<{
    newest: number | null
  }>`select max(number) as newest from schema_migrations`.execute(db)
  const newest = found.rows[0]?.newest ?? 0
  checkNotNewer(newest, what)
  for (const migration of MIGRATIONS.slice(newest)) {
    await migration.up(db, dialect)
    await db
      .insertInto('schema_migrations')
      .values({ number: migration.number, name: migration.name })
      .execute()
  }
  return { version: SCHEMA_VERSION }
}

/** @throws WorkflowError `STORE_NEWER`. */
export function checkNotNewer(version: number, what: string): void {
  if (version <= SCHEMA_VERSION) return
  throw new WorkflowError(
    'STORE_NEWER',
    `${what} has schema ${version}; this version of Holdfast knows ${SCHEMA_VERSION}. Update Holdfast, or open another store.`,
    { details: { version, known: SCHEMA_VERSION } },
  )
}
