import { WorkflowError, type AgentReference } from '@holdfast/workflow-sdk'
import type { ClaudeSettings } from '../author/claude.ts'

const KNOWN = ['command', 'model'] as const satisfies readonly (keyof ClaudeSettings)[]

/** Checks the settings of a reference. @throws WorkflowError `OPTION_UNKNOWN`, `OPTION_INVALID`. */
export function claudeSettings(reference: AgentReference): ClaudeSettings {
  const settings = reference.settings ?? {}
  for (const [name, value] of Object.entries(settings)) {
    if (!(KNOWN as readonly string[]).includes(name)) {
      throw new WorkflowError(
        'OPTION_UNKNOWN',
        `The agent claude has no setting "${name}". It knows: ${KNOWN.join(', ')}.`,
        {
          details: { agent: 'claude', setting: name, known: KNOWN },
        },
      )
    }
    if (value !== undefined && (typeof value !== 'string' || value === '')) {
      throw new WorkflowError('OPTION_INVALID', `The setting "${name}" of the agent claude must be a text.`, {
        details: { agent: 'claude', setting: name },
      })
    }
  }
  return settings
}
