import { WorkflowError } from '@holdfast/workflow-sdk'
import type { AgentAdapter, AgentRequest } from '@holdfast/workflow-sdk/ports'

/** Compares what a step asks for with what its agent can do. @throws WorkflowError `AGENT_CAPABILITY_MISSING`. */
export function requireCapabilities(
  { name, capabilities }: Pick<AgentAdapter, 'name' | 'capabilities'>,
  request: Pick<AgentRequest, 'resume' | 'outputSchema' | 'permissionMode' | 'allowedTools' | 'maxTurns'>,
): void {
  const asked: readonly (readonly [option: string, asked: boolean, can: boolean])[] = [
    ['resume', request.resume, capabilities.resume],
    ['schema', request.outputSchema !== null, capabilities.structuredOutput],
    ['permissionMode', true, capabilities.permissionModes.includes(request.permissionMode)],
    ['allowedTools', request.allowedTools.length > 0, capabilities.allowedTools],
    ['maxTurns', request.maxTurns !== null, capabilities.maxTurns],
  ]
  const missing = asked.filter(([, wanted, can]) => wanted && !can).map(([option]) => option)
  if (missing.length === 0) return
  throw new WorkflowError(
    'AGENT_CAPABILITY_MISSING',
    `The agent ${name} has nothing that answers to ${missing.join(', ')}. Leave the option away, or choose another agent for this step.`,
    { details: { agent: name, missing } },
  )
}
