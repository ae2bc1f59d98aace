import { WorkflowError } from '@holdfast/workflow-sdk'

/** The error for a target that holds something. */
export function notEmpty(what: string): WorkflowError {
  return new WorkflowError(
    'STORE_NOT_EMPTY',
    `${what} holds something already, and a copy would mix with it. Give a store that does not exist yet.`,
  )
}

/** The error for a copy that does not read back as it came. */
export function copyDiffers(what: string, tables: readonly string[]): WorkflowError {
  return new WorkflowError(
    'STORE_COPY_DIFFERS',
    `What was written to ${what} does not read back as it came: ${tables.join(', ')} differ. Nothing of it was kept, and the source is untouched. Report it.`,
    { details: { tables } },
  )
}

/** The error for a source that somebody works on. */
export function storeInUse(what: string, why: string): WorkflowError {
  return new WorkflowError(
    'STORE_IN_USE',
    `${what} cannot be copied: ${why}. Stop every worker of it, then copy again. Nothing was kept.`,
  )
}

/** The error for a blob whose bytes are not those that its hash names. */
export function blobCorrupt(hash: string): WorkflowError {
  return new WorkflowError(
    'JOURNAL_CORRUPT',
    `The bytes of blob ${hash} do not have this hash. Restore the source from a backup.`,
    { details: { hash } },
  )
}
