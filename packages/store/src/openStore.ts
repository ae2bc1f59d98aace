import { WorkflowError } from '@holdfast/workflow-sdk'
import type { IWorkflowStore } from './contract/index.ts'
import { shownAddress } from './shownAddress.ts'
import { openSqliteStore, type StoreOptions } from './sqlite/openSqliteStore.ts'

/**
 * Opens the store at an address: `sqlite:PATH` (a plain path without `?`), `sqlite::memory:` for one that lives as
 * long as the process, `file:DIR` for one in the files of a folder, or
 * `postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME` (also `postgresql://`).
 * @throws WorkflowError `STORE_URL_INVALID`, and what {@link openSqliteStore}, `openFileStore` and `openPostgresStore` throw.
 */
export async function openStore(url: string, options: StoreOptions = {}): Promise<IWorkflowStore> {
  if (isPostgres(url)) {
    const { openPostgresStore } = await import('./postgres/openPostgresStore.ts')
    return await openPostgresStore({ ...options, url })
  }
  const [scheme, path] = checkedAddress(url)
  if (scheme === 'sqlite:') return await openSqliteStore({ ...options, path })
  // Loaded only where it is used.
  const { openFileStore } = await import('./files/openFileStore.ts')
  return await openFileStore({ ...options, path })
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
