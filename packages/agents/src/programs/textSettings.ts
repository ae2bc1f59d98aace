import { WorkflowError, type AgentReference } from '@holdfast/workflow-sdk'

/** The settings of a reference, all of which are texts. @throws WorkflowError `OPTION_UNKNOWN`, `OPTION_INVALID`. */
export function textSettings<Name extends string>(
  reference: AgentReference,
  known: readonly Name[],
): Readonly<Partial<Record<Name, string>>> {
  const { agent, settings = {} } = reference
  for (const [name, value] of Object.entries(settings)) {
    if (!(known as readonly string[]).includes(name)) {
      throw new WorkflowError(
        'OPTION_UNKNOWN',
        `The agent ${agent} has no setting "${name}". It knows: ${known.join(', ')}.`,
        { details: { agent, setting: name, known } },
      )
    }
    if (value !== undefined && (typeof value !== 'string' || value === '')) {
      throw new WorkflowError(
        'OPTION_INVALID',
        `The setting "${name}" of the agent ${agent} must be a text.`,
        {
          details: { agent, setting: name },
        },
      )
    }
  }
  return settings as Readonly<Partial<Record<Name, string>>>
}
