import { WorkflowError, type PermissionMode } from '@holdfast/workflow-sdk'
import type { AcpSettings } from '../author/acp.ts'
import { object, text, type Fields } from '../programs/fields.ts'

/** A choice that a session offers, and how it is made. */
export interface Choice {
  readonly current: string | null
  readonly values: readonly string[]
  /** Method and parameters (but for the session) that choose a value. */
  readonly choose: (value: string) => { readonly method: string; readonly params: Fields }
}

/** What `session/new`, `session/load` and `session/resume` say can be chosen; null: nothing. */
export interface SessionChoices {
  readonly mode: Choice | null
  readonly model: Choice | null
}

/** Reads the choices of a session: options of it, or the older `modes` and `models`. */
export function sessionChoices(session: Fields): SessionChoices {
  return {
    mode: optionOf(session, 'mode') ?? listOf(session, 'modes', 'session/set_mode', 'modeId'),
    model: optionOf(session, 'model') ?? listOf(session, 'models', 'session/set_model', 'modelId'),
  }
}

/** Modes that write nothing, as the agents that we know name them. */
const READ_ONLY = ['plan', 'read-only']

/**
 * The mode that a step needs; null: the session is in it already. `plan` needs a mode of the agent that
 * writes nothing, since an agent need not ask before it writes.
 * @throws WorkflowError `AGENT_CAPABILITY_MISSING`, `OPTION_INVALID`.
 */
export function modeFor(
  choice: Choice | null,
  permission: PermissionMode,
  settings: Pick<AcpSettings, 'name' | 'modes'>,
): string | null {
  const { current = null, values = [] } = choice ?? {}
  const named = settings.modes?.[permission]
  if (named !== undefined && !values.includes(named)) throw unknown('mode', named, values, settings.name)
  const isReadOnly = (mode: string): boolean => READ_ONLY.includes(mode) || mode === settings.modes?.plan
  const wanted = named ?? byDefault(current, values, permission, isReadOnly)
  if (wanted === undefined) {
    throw new WorkflowError(
      'AGENT_CAPABILITY_MISSING',
      `The agent ${settings.name} offers no session mode for permissionMode "${permission}" (it has: ${values.join(', ') || 'none'}). Name one in the setting modes.`,
      { details: { agent: 'acp', name: settings.name, capability: 'permissionMode', known: values } },
    )
  }
  return wanted === current ? null : wanted
}

/**
 * The value to choose for a model; null: none is asked for, or the session has it.
 * @throws WorkflowError `AGENT_CAPABILITY_MISSING`, `OPTION_INVALID`.
 */
export function modelFor(choice: Choice | null, model: string | null, name: string): string | null {
  if (model === null || model === choice?.current) return null
  if (choice === null) {
    throw new WorkflowError(
      'AGENT_CAPABILITY_MISSING',
      `The agent ${name} does not let its model be chosen. Leave model out, or choose it in the configuration of the agent.`,
      { details: { agent: 'acp', name, capability: 'model' } },
    )
  }
  if (!choice.values.includes(model)) throw unknown('model', model, choice.values, name)
  return model
}

function byDefault(
  current: string | null,
  values: readonly string[],
  permission: PermissionMode,
  isReadOnly: (mode: string) => boolean,
): string | null | undefined {
  if (permission === 'plan') return values.find(isReadOnly)
  // A session that an earlier step used for planning would go on to write nothing.
  return current !== null && isReadOnly(current) ? values.find((mode) => !isReadOnly(mode)) : current
}

function optionOf(session: Fields, category: string): Choice | null {
  const options = Array.isArray(session['configOptions']) ? session['configOptions'].map(object) : []
  const option = options.find((one) => one?.['category'] === category)
  const configId = text(option?.['id'])
  if (option === undefined || option === null || configId === null) return null
  return {
    current: text(option['currentValue']),
    values: valuesOf(option['options'], 'value'),
    choose: (value) => ({ method: 'session/set_config_option', params: { configId, value } }),
  }
}

function listOf(session: Fields, name: 'modes' | 'models', method: string, key: string): Choice | null {
  const of = object(session[name])
  if (of === null) return null
  const [current, list] =
    name === 'modes' ? ['currentModeId', 'availableModes'] : ['currentModelId', 'availableModels']
  return {
    current: text(of[current]),
    values: valuesOf(of[list], name === 'modes' ? 'id' : 'modelId'),
    choose: (value) => ({ method, params: { [key]: value } }),
  }
}

/** Options may stand in groups. */
function valuesOf(list: unknown, key: string): readonly string[] {
  if (!Array.isArray(list)) return []
  return list.map(object).flatMap((one) => {
    const value = text(one?.[key])
    return value === null ? valuesOf(one?.['options'], key) : [value]
  })
}

function unknown(what: string, asked: string, known: readonly string[], name: string): WorkflowError {
  return new WorkflowError(
    'OPTION_INVALID',
    `The agent ${name} has no ${what} ${JSON.stringify(asked)}. It has: ${known.slice(0, 20).join(', ') || 'none'}.`,
    { details: { agent: 'acp', name, option: what, known } },
  )
}
