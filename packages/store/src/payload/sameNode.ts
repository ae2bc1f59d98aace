import { WorkflowError } from '@holdfast/workflow-sdk'

/** The error for two nodes of one workflow with one id. */
export function sameNode(nodeId: string): WorkflowError {
  return new WorkflowError(
    'RECORD_CONFLICT',
    `Two nodes have the id "${nodeId}". Give each node of a workflow an id of its own.`,
    { details: { nodeId } },
  )
}
