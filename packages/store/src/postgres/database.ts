import { Kysely, PostgresDialect, type PostgresPoolClient } from 'kysely'
import type { Pool, PoolClient } from 'pg'

/** Kysely over the pool, for reads. */
export function kyselyOver<Tables>(pool: Pool): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
}

/** Kysely over one connection, inside a transaction that the caller holds. */
export function kyselyOn<Tables>(client: PoolClient): Kysely<Tables> {
  const only = {
    query: client.query.bind(client),
    release: () => undefined,
  } as PostgresPoolClient
  const pool = { connect: async () => only, end: async () => undefined, options: {} }
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
}
