import { WorkflowError, type AgentReference } from '@holdfast/workflow-sdk'
import type { CodexSettings } from '../author/codex.ts'
import { object } from '../programs/fields.ts'

const KNOWN = ['command', 'model', 'config', 'passOn'] as const satisfies readonly (keyof CodexSettings)[]

/** Entries that the options of a step decide. */
const OURS: Readonly<Record<string, string>> = {
  sandbox_mode: 'permissionMode',
  approval_policy: 'permissionMode',
  model: 'model',
}

const ENTRY = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Checks the settings of a reference. @throws WorkflowError `OPTION_UNKNOWN`, `OPTION_INVALID`. */
export function codexSettings(reference: AgentReference): CodexSettings {
  const settings = reference.settings ?? {}
  for (const [name, value] of Object.entries(settings)) {
    if (!(KNOWN as readonly string[]).includes(name)) {
      throw new WorkflowError(
        'OPTION_UNKNOWN',
        `The agent codex has no setting "${name}". It knows: ${KNOWN.join(', ')}.`,
        { details: { agent: 'codex', setting: name, known: KNOWN } },
      )
    }
    if (value === undefined) continue
    if (name === 'config') checkConfig(value)
    else if (name === 'passOn') checkNames(value)
    else if (typeof value !== 'string' || value === '') throw invalid(name, 'must be a text')
  }
  return settings
}

function checkConfig(value: unknown): void {
  const entries = object(value)
  if (entries === null) throw invalid('config', 'must be an object of entries by dotted name')
  for (const [name, entry] of Object.entries(entries)) {
    if (!ENTRY.test(name)) throw invalid('config', `has ${JSON.stringify(name)}, which is no dotted name`)
    const option = OURS[name]
    if (option !== undefined) throw invalid('config', `has "${name}", which ${option} of the step decides`)
    if (!(Array.isArray(entry) ? entry : [entry]).every(isScalar)) {
      throw invalid('config', `has "${name}", which is no text, number, truth value or list of them`)
    }
  }
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
}

function checkNames(value: unknown): void {
  const names: readonly unknown[] = Array.isArray(value) ? value : [null]
  if (!names.every((name) => typeof name === 'string' && VARIABLE.test(name))) {
    throw invalid('passOn', 'must be a list of names of environment variables')
  }
}

function invalid(setting: string, what: string): WorkflowError {
  return new WorkflowError('OPTION_INVALID', `The setting "${setting}" of the agent codex ${what}.`, {
    details: { agent: 'codex', setting },
  })
}
