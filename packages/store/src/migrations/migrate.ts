import { sql } from 'kysely'
import type { AnyDatabase, Dialect } from './dialect.ts'
import { MIGRATIONS } from './index.ts'
import { checkNotNewer, SCHEMA_VERSION } from './version.ts'

// Whoever adds a migration counts it there: that page is read at every opening, this one only to migrate.
MIGRATIONS.length satisfies typeof SCHEMA_VERSION

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
