import { WorkflowError } from '@holdfast/workflow-sdk'
import type { IWorkflowStore } from './contract/index.ts'
import { shownAddress } from './shownAddress.ts'
import { openSqliteStore, type StoreOptions } from './sqlite/openSqliteStore.ts'

/** Options of any store. */
export interface OpenStoreOptions extends StoreOptions {
  /** What to do with a store that is not there or not up to date: bring it there (default), or refuse it. */
  readonly migrate?: 'auto' | 'check'
}

/**
 * Opens the store at an address: `sqlite:PATH` (a plain path without `?`), `sqlite::memory:` for one that lives as
 * long as the process, `file:DIR` for one in the files of a folder, or
 * `postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME` (also `postgresql://`).
 * @throws WorkflowError `STORE_URL_INVALID`, with `check` `STORE_OLDER`, and what {@link openSqliteStore}, `openFileStore` and `openPostgresStore` throw.
 */
export async function openStore(
  url: string,
  { migrate = 'auto', ...options }: OpenStoreOptions = {},
): Promise<IWorkflowStore> {
  if (isPostgres(url)) {
    const { openPostgresStore } = await import('./postgres/openPostgresStore.ts')
    return await openPostgresStore({ ...options, url, migrate })
  }
  const [scheme, path] = checkedAddress(url)
  if (migrate === 'check' && path !== ':memory:') await checkUpToDate(url)
  if (scheme === 'sqlite:') return await openSqliteStore({ ...options, path })
  // Loaded only where it is used.
  const { openFileStore } = await import('./files/openFileStore.ts')
  return await openFileStore({ ...options, path })
}

async function checkUpToDate(url: string): Promise<void> {
  const [{ schemaStatus }, { storeOlder }] = await Promise.all([
    import('./schemaStatus.ts'),
    import('./migrations/version.ts'),
  ])
  const { version, newest } = await schemaStatus(url)
  if (version < newest) throw storeOlder(version, newest, `The store ${url}`)
}

/** Whether an address is one of PostgreSQL. */
export function isPostgres(url: string): boolean {
  return /^postgres(?:ql)?:/i.test(url)
}

/** Scheme and path of another address. @throws WorkflowError `STORE_URL_INVALID`. */
export function checkedAddress(url: string): [scheme: 'sqlite:' | 'file:', path: string] {
  const end = url.indexOf(':') + 1
  const [scheme, path] = [url.slice(0, end), url.slice(end)]
  if (scheme !== 'sqlite:' && scheme !== 'file:') throw invalidAddress(url)
  if (path === '' || path.includes('?') || (scheme === 'file:' && path.startsWith('//')))
    throw invalidAddress(url)
  return [scheme, path]
}

function invalidAddress(address: string): WorkflowError {
  // A path is no secret. Everything else may carry a password, and nobody needs that in a log.
  const url = /^(?:sqlite|file):(?!\/\/)/.test(address) ? address : shownAddress(address)
  const scheme = /^[a-z]+:/i.exec(url)?.[0] ?? null
  const why =
    scheme === 'sqlite:' || scheme === 'file:'
      ? url.includes('?')
        ? `has a part after "?", which ${scheme} does not take`
        : url === scheme
          ? `names no ${scheme === 'file:' ? 'folder' : 'file'}`
          : 'has the form of a URL, which file: does not take'
      : scheme === null
        ? 'has no scheme'
        : `has the scheme ${scheme}, which this version does not support`
  return new WorkflowError(
    'STORE_URL_INVALID',
    `The store address ${JSON.stringify(url)} ${why}. This version supports sqlite:PATH, file:DIR and postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME, for example sqlite:.agent/holdfast.db.`,
    { details: { url, supported: ['sqlite:PATH', 'file:DIR', 'postgres://…'] } },
  )
}
