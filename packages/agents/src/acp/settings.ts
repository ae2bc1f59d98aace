import { WorkflowError, type AgentReference } from '@holdfast/workflow-sdk'
import type { AcpSettings } from '../author/acp.ts'
import { object } from '../programs/fields.ts'

const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText)
const isRecord = (value: unknown, allowed?: readonly string[]): boolean =>
  Object.entries(object(value) ?? { wrong: null }).every(
    ([name, of]) => typeof of === 'string' && (allowed === undefined || allowed.includes(name)),
  )

/** What each setting must be. */
const RULES: Readonly<
  Record<keyof AcpSettings, { readonly holds: (value: unknown) => boolean; readonly is: string }>
> = {
  name: { holds: isText, is: 'a text' },
  command: {
    holds: (value) => isTexts(value) && (value as readonly string[]).length > 0,
    is: 'a list of texts: the program and its arguments',
  },
  env: { holds: (value) => isRecord(value), is: 'an object of texts' },
  passOn: { holds: isTexts, is: 'a list of names of variables' },
  authMethod: { holds: isText, is: 'a text' },
  model: { holds: isText, is: 'a text' },
  modes: {
    holds: (value) => isRecord(value, ['plan', 'edit', 'full']),
    is: 'an object with the names of session modes for plan, edit, full',
  },
}

/** Checks the settings of a reference. @throws WorkflowError `OPTION_UNKNOWN`, `OPTION_INVALID`. */
export function acpSettings(reference: AgentReference): AcpSettings {
  const settings = reference.settings ?? {}
  for (const [name, value] of Object.entries(settings)) {
    const rule = Object.entries(RULES).find(([known]) => known === name)?.[1]
    if (rule === undefined) {
      const known = Object.keys(RULES)
      throw new WorkflowError(
        'OPTION_UNKNOWN',
        `The agent acp has no setting "${name}". It knows: ${known.join(', ')}.`,
        { details: { agent: 'acp', setting: name, known } },
      )
    }
    if (value !== undefined && !rule.holds(value)) throw invalid(name, rule.is)
  }
  for (const name of ['name', 'command'] as const) {
    if (settings[name] === undefined) throw invalid(name, RULES[name].is)
  }
  return settings as unknown as AcpSettings
}

function invalid(name: string, is: string): WorkflowError {
  return new WorkflowError('OPTION_INVALID', `The setting "${name}" of the agent acp must be ${is}.`, {
    details: { agent: 'acp', setting: name },
  })
}
