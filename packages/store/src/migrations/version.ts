import { WorkflowError } from '@holdfast/workflow-sdk'

/** Number of the newest migration that this version knows. */
export const SCHEMA_VERSION = 9

/** @throws WorkflowError `STORE_NEWER`. */
export function checkNotNewer(version: number, what: string): void {
  if (version <= SCHEMA_VERSION) return
  throw new WorkflowError(
    'STORE_NEWER',
    `${what} has schema ${version}; this version of Holdfast knows ${SCHEMA_VERSION}. Update Holdfast, or open another store.`,
    { details: { version, known: SCHEMA_VERSION } },
  )
}
