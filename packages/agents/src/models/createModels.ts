import type { ModelPort, ProviderStatus } from '@holdfast/workflow-sdk/ports'
import type { Environment } from '@holdfast/workspace'
import { checkModelConfig } from './checkModelConfig.ts'
import type { ModelsConfig } from './config.ts'
import { importPackagesAsBuilt } from './packagesAsBuilt.ts'
import { providersOf, type Provider } from './providers.ts'
import { resolveModel } from './resolveModel.ts'

/** What {@link createModels} is made from. */
export interface ModelsOptions {
  readonly config?: ModelsConfig
  /** Where keys and addresses are looked up; default `process.env`. */
  readonly environment?: Environment
}

/** The models of Anthropic, OpenAI and Google, and of providers that the config names. The AI SDK is loaded by the first call. */
export function createModels(options: ModelsOptions = {}): ModelPort {
  const { config = {}, environment = process.env } = options
  const providers = providersOf(config, environment)
  return {
    resolve: (request) => {
      checkModelConfig(request)
      const { provider, model } = resolveModel(providers, config.default ?? null, request)
      return { provider: provider.name, model }
    },
    ask: async (request, observer) => {
      const { provider, model } = resolveModel(providers, config.default ?? null, request)
      importPackagesAsBuilt()
      const { streamAnswer } = await import('./streamAnswer.ts')
      return await streamAnswer(provider, model, request, observer)
    },
    inspect: () => [...providers.values()].map(statusOf),
  }
}

function statusOf(provider: Provider): ProviderStatus {
  const { name, configured, key, needsKey, keyVariables, baseUrl } = provider
  const place = baseUrl === null ? '' : ` At ${baseUrl}.`
  const ready = key !== null || !needsKey
  const detail = !needsKey
    ? key === null
      ? 'No key is needed.'
      : 'The config gives a key.'
    : ready
      ? 'A key is there.'
      : `No key: ${keyVariables.join(', ')} is not set.`
  return { name, ready, configured, detail: detail + place }
}
