/** Types of the journal that rows and calls of the store are made of. */
export type { ApprovalKind, Json, ShownTree } from '@holdfast/workflow-sdk/journal'
export type { ErrorRecord } from '@holdfast/workflow-sdk'
