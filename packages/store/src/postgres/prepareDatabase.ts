import { WorkflowError } from '@holdfast/workflow-sdk'
import type { Pool, PoolClient } from 'pg'
import { checkNotNewer, SCHEMA_VERSION, storeOlder } from '../migrations/version.ts'
import type { PostgresAddress } from './address.ts'
import { sqlState, translate } from './errors.ts'

/** The oldest server that this backend supports. */
const OLDEST = 14

/**
 * Makes the schema and brings it up to date; safe when many processes do so at once. With `check` a schema that
 * is not up to date is refused instead.
 * @throws WorkflowError `STORE_UNAVAILABLE`, `STORE_ACCESS_DENIED`, `STORE_SERVER_UNSUPPORTED`, `STORE_NEWER`,
 *   `STORE_OLDER`, `STORE_NOT_A_DATABASE`, `STORE_READ_ONLY`.
 */
export async function prepareDatabase(
  pool: Pool,
  address: PostgresAddress,
  mode: 'auto' | 'check',
): Promise<void> {
  await connected(pool, address, async (client, what) => {
    const version = await versionOf(client, address, what)
    if (version === SCHEMA_VERSION) return
    if (mode === 'check') throw storeOlder(version ?? 0, SCHEMA_VERSION, what)
    await bringUpToDate(client, address, what)
  })
}

/** Number of the schema's newest migration, 0 where there is none. @throws WorkflowError as {@link prepareDatabase}. */
export async function lookAtSchema(pool: Pool, address: PostgresAddress): Promise<number> {
  return await connected(pool, address, async (client, what) => (await versionOf(client, address, what)) ?? 0)
}

async function connected<T>(
  pool: Pool,
  { description }: PostgresAddress,
  body: (client: PoolClient, what: string) => Promise<T>,
): Promise<T> {
  const what = `The store ${description}`
  let client: PoolClient | null = null
  try {
    client = await pool.connect()
    await checkServer(client, what)
    return await body(client, what)
  } catch (error) {
    throw translate(error, what)
  } finally {
    client?.release()
  }
}

async function checkServer(client: PoolClient, what: string): Promise<void> {
  const { rows } = await client.query<{ number: string; text: string }>(
    `select current_setting('server_version_num') as number, current_setting('server_version') as text`,
  )
  checkServerVersion(Number(rows[0]?.number), rows[0]?.text ?? '', what)
}

/** @throws WorkflowError `STORE_SERVER_UNSUPPORTED`. `number` is `server_version_num`, such as 180004. */
export function checkServerVersion(number: number, text: string, what: string): void {
  if (number >= OLDEST * 10_000) return
  throw new WorkflowError(
    'STORE_SERVER_UNSUPPORTED',
    `${what} is on PostgreSQL ${text}; Holdfast needs ${OLDEST} or newer. Update the server, or use another one.`,
    { details: { version: text, oldest: OLDEST } },
  )
}

/** Number of the schema's newest migration; null when there is no schema or it is empty. */
async function versionOf(client: PoolClient, address: PostgresAddress, what: string): Promise<number | null> {
  const { rows } = await client.query<{ name: string }>(TABLES, [address.schema])
  if (rows.length === 0) return null
  if (!rows.some(({ name }) => name === 'schema_migrations')) throw notOurs(address, what)
  try {
    const found = await client.query<{ newest: number | null }>(
      // Named in full: a schema that the user may not look into would seem to be empty.
      `select max(number) as newest from "${address.schema}".schema_migrations`,
    )
    const newest = found.rows[0]?.newest ?? 0
    checkNotNewer(newest, what)
    return newest
  } catch (error) {
    // A table of this name with other columns belongs to another program.
    if (sqlState(error) === '42703') throw notOurs(address, what)
    throw error
  }
}

const TABLES = `select c.relname as name from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1 and c.relkind in ('r', 'p', 'v', 'm', 'f')`

async function bringUpToDate(client: PoolClient, address: PostgresAddress, what: string): Promise<void> {
  // Loaded only where there is something to do: most openings find the schema as it should be.
  const [{ kyselyOn }, { migrate }, { POSTGRES }] = await Promise.all([
    import('./database.ts'),
    import('../migrations/migrate.ts'),
    import('../migrations/dialect.ts'),
  ])
  await client.query('begin')
  try {
    await client.query('select pg_advisory_xact_lock($1)', [address.lockKey])
    const { rows } = await client.query('select 1 from pg_catalog.pg_namespace where nspname = $1', [
      address.schema,
    ])
    if (rows.length === 0) await client.query(`create schema "${address.schema}"`)
    await versionOf(client, address, what)
    await migrate(kyselyOn<never>(client), POSTGRES, what)
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  }
}

function notOurs({ schema }: PostgresAddress, what: string): WorkflowError {
  return new WorkflowError(
    'STORE_NOT_A_DATABASE',
    `${what} has tables of another program in its schema ${schema}. Choose another schema with ?schema=NAME.`,
    { details: { schema } },
  )
}
