import { checkNotNewer, SCHEMA_VERSION } from './migrations/version.ts'
import { checkedAddress, isPostgres } from './openStore.ts'

/** How the schema of a store stands to this version of Holdfast. */
export interface SchemaStatus {
  /** The store's address without a password. */
  readonly store: string
  /** Number of the newest migration that the store has; 0: there is no store yet. */
  readonly version: number
  /** Number of the newest migration that this version knows. */
  readonly newest: number
  /** Migrations that opening the store would apply. */
  readonly pending: readonly { readonly number: number; readonly name: string }[]
}

/**
 * Looks at the schema of a store without changing it. A store in files has a layout
 * instead, of which there is one version.
 * @throws WorkflowError `STORE_NEWER`, `STORE_NOT_A_DATABASE`, `STORE_URL_INVALID`, `STORE_UNAVAILABLE`,
 *   `STORE_ACCESS_DENIED`, `STORE_SERVER_UNSUPPORTED`.
 */
export async function schemaStatus(url: string): Promise<SchemaStatus> {
  if (isPostgres(url)) {
    const { postgresSchemaVersion } = await import('./postgres/schemaVersion.ts')
    return await statusOf(await postgresSchemaVersion(url))
  }
  const [scheme, path] = checkedAddress(url)
  if (scheme === 'file:') {
    const [{ Layout }, { layoutVersion }] = await Promise.all([
      import('./files/layout.ts'),
      import('./files/open.ts'),
    ])
    const version = layoutVersion(new Layout(path), `The store ${url}`)
    return { store: url, version, newest: Math.max(1, version), pending: [] }
  }
  const { sqliteSchemaVersion } = await import('./sqlite/schemaVersion.ts')
  const version = sqliteSchemaVersion(path)
  checkNotNewer(version, `The store ${url}`)
  return await statusOf({ store: url, version })
}

async function statusOf({ store, version }: Pick<SchemaStatus, 'store' | 'version'>): Promise<SchemaStatus> {
  const { MIGRATIONS } = await import('./migrations/index.ts')
  const pending = MIGRATIONS.slice(version).map(({ number, name }) => ({ number, name }))
  return { store, version, newest: SCHEMA_VERSION, pending }
}
