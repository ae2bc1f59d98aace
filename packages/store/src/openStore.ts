import { WorkflowError } from '@holdfast/workflow-sdk'
import type { IWorkflowStore } from './contract/index.ts'
import { openSqliteStore, type StoreOptions } from './sqlite/openSqliteStore.ts'

/**
 * Opens the store at an address: `sqlite:PATH` (a plain path without `?`), or `sqlite::memory:` for one that lives as long as the process.
 * @throws WorkflowError `STORE_URL_INVALID`, and what {@link openSqliteStore} throws.
 */
export async function openStore(url: string, options: StoreOptions = {}): Promise<IWorkflowStore> {
  const path = url.startsWith('sqlite:') ? url.slice('sqlite:'.length) : ''
  if (path === '' || path.includes('?')) throw invalidAddress(url)
  return await openSqliteStore({ ...options, path })
}

function invalidAddress(address: string): WorkflowError {
  // An address may carry a password; nobody needs it in a log.
  const url = address.replace(/\/\/[^/@]*@/, '//…@')
  const scheme = /^[a-z]+:/i.exec(url)?.[0] ?? null
  const why =
    scheme === 'sqlite:'
      ? url.includes('?')
        ? 'has a part after "?", which sqlite: does not take'
        : 'names no file'
      : scheme === null
        ? 'has no scheme'
        : `has the scheme ${scheme}, which this version does not support`
  return new WorkflowError(
    'STORE_URL_INVALID',
    `The store address ${JSON.stringify(url)} ${why}. This version supports sqlite:PATH, for example sqlite:.agent/holdfast.db.`,
    { details: { url, supported: ['sqlite:PATH'] } },
  )
}
