import { WorkflowError } from '@holdfast/workflow-sdk'

/** The error for a record that is not there. */
export function notFound(what: string, id: string): WorkflowError {
  return new WorkflowError('RECORD_NOT_FOUND', `There is no ${what} ${id}. List them to find it.`, {
    details: { id },
  })
}
