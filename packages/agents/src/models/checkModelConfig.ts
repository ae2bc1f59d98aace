import { WorkflowError, type ModelConfig } from '@holdfast/workflow-sdk'

const CHECKS: {
  readonly [name in keyof Required<ModelConfig>]: readonly [(value: unknown) => boolean, string]
} = {
  temperature: [(value) => isNumber(value) && value >= 0, 'a number from 0'],
  topP: [(value) => isNumber(value) && value >= 0 && value <= 1, 'a number from 0 to 1'],
  topK: [(value) => Number.isInteger(value) && (value as number) > 0, 'a whole number from 1'],
  maxOutputTokens: [(value) => Number.isInteger(value) && (value as number) > 0, 'a whole number from 1'],
  stopSequences: [
    (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
    'a list of texts',
  ],
  seed: [(value) => Number.isInteger(value), 'a whole number'],
  providerOptions: [
    (value) => isObject(value) && Object.values(value as object).every(isObject),
    'an object by provider, e.g. { openai: { reasoningEffort: "low" } }',
  ],
}

/** Names of what can be set about how a model generates. */
export const MODEL_CONFIG_NAMES = Object.keys(CHECKS)

/** Why a value cannot be the setting of this name; null: it can. `undefined` for a name that is not known. */
export function modelConfigIssue(name: string, value: unknown): string | null | undefined {
  if (!Object.hasOwn(CHECKS, name)) return undefined
  const [fits, wanted] = CHECKS[name as keyof ModelConfig]
  return fits(value) ? null : `must be ${wanted}`
}

/** @throws WorkflowError `OPTION_UNKNOWN`, `OPTION_INVALID`. */
export function checkModelConfig({
  stepName,
  config,
}: {
  readonly stepName: string
  readonly config: ModelConfig
}): void {
  for (const [name, value] of Object.entries(config)) {
    if (value === undefined) continue
    const issue = modelConfigIssue(name, value)
    if (issue === undefined)
      throw new WorkflowError(
        'OPTION_UNKNOWN',
        `The config of prompt step "${stepName}" sets "${name}". Known are ${MODEL_CONFIG_NAMES.join(', ')}.`,
        { details: { step: stepName, option: name } },
      )
    if (issue !== null)
      throw new WorkflowError(
        'OPTION_INVALID',
        `${name} in the config of prompt step "${stepName}" ${issue}.`,
        {
          details: { step: stepName, option: name },
        },
      )
  }
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
