import { WorkflowError } from '@holdfast/workflow-sdk'

/** Number of the newest migration that this version knows. */
export const SCHEMA_VERSION = 12

/** The error for a store that is not up to date and must not be changed. */
export function storeOlder(version: number, needed: number, what: string): WorkflowError {
  const has = version === 0 ? 'has nothing in it yet' : `has schema ${version}`
  return new WorkflowError(
    'STORE_OLDER',
    `${what} ${has}; this version of Holdfast needs ${needed}, and was told to change nothing. Run: holdfast migrate up`,
    { details: { version, needed } },
  )
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
