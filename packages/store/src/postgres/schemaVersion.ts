import { parseAddress } from './address.ts'
import { openPool } from './pool.ts'
import { lookAtSchema } from './prepareDatabase.ts'

/**
 * Number of the newest migration of a PostgreSQL store, without changing anything; 0 where there is none.
 * @throws WorkflowError as opening it.
 */
export async function postgresSchemaVersion(
  url: string,
): Promise<{ readonly store: string; readonly version: number }> {
  const address = parseAddress(url)
  const pool = await openPool(address, { max: 1, connectTimeoutMs: 5000 })
  try {
    return { store: address.description, version: await lookAtSchema(pool, address) }
  } finally {
    await pool.end()
  }
}
