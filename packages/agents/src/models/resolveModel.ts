import { WorkflowError } from '@holdfast/workflow-sdk'
import type { ModelRequest } from '@holdfast/workflow-sdk/ports'
import type { Provider } from './providers.ts'

/**
 * The provider and model of a request, with a key where one is needed.
 * @throws WorkflowError `MODEL_UNKNOWN`, `MODEL_KEY_INVALID`.
 */
export function resolveModel(
  providers: ReadonlyMap<string, Provider>,
  byDefault: string | null,
  request: Pick<ModelRequest, 'model' | 'stepName'>,
): { readonly provider: Provider; readonly model: string } {
  const { stepName } = request
  const named = request.model ?? byDefault
  if (named === null)
    throw unknown(
      stepName,
      null,
      'names no model. Give { model }, put model into the front matter of the prompt, or set models.default in holdfast.config.ts.',
    )
  const at = named.indexOf('/')
  const name = named.slice(0, Math.max(0, at))
  const model = named.slice(at + 1)
  if (name === '' || model === '')
    throw unknown(
      stepName,
      named,
      `asks for the model ${JSON.stringify(named)}. Write it as provider/model, e.g. anthropic/claude-sonnet-4-5.`,
    )
  const provider = providers.get(name)
  if (provider === undefined)
    throw unknown(
      stepName,
      named,
      `asks for the model ${named}, and there is no provider "${name}". Known are ${[...providers.keys()].join(', ')}; others are set in models.providers of holdfast.config.ts.`,
    )
  if (provider.api === 'chat' && provider.baseUrl === null)
    throw unknown(
      stepName,
      named,
      `asks for the model ${named}, and models.providers.${name} of holdfast.config.ts has no baseUrl.`,
    )
  if (provider.needsKey && provider.key === null) throw noKey(stepName, named, provider)
  return { provider, model }
}

function unknown(step: string, model: string | null, what: string): WorkflowError {
  return new WorkflowError('MODEL_UNKNOWN', `Prompt step "${step}" ${what}`, { details: { step, model } })
}

function noKey(step: string, model: string, { name, keyVariables }: Provider): WorkflowError {
  return new WorkflowError(
    'MODEL_KEY_INVALID',
    `Prompt step "${step}" asks for the model ${model}, and there is no key for ${name}. Set ${keyVariables.join(' or ')} for the worker; holdfast doctor shows what it finds.`,
    { details: { step, model, provider: name, kind: 'bad-key', variables: keyVariables } },
  )
}
