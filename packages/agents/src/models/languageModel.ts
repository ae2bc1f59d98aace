import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import type { LanguageModel } from 'ai'
import type { Provider } from './providers.ts'

/** A model as the AI SDK calls it. Keys come from the provider alone: the SDK would look into the environment itself. */
export function languageModel({ api, baseUrl, key, headers }: Provider, model: string): LanguageModel {
  const settings = {
    apiKey: key ?? 'none',
    headers: { ...headers },
    ...(baseUrl === null ? {} : { baseURL: baseUrl }),
  }
  switch (api) {
    case 'anthropic':
      return createAnthropic(settings)(model)
    case 'google':
      return createGoogleGenerativeAI(settings)(model)
    case 'openai':
      return createOpenAI(settings).responses(model)
    case 'chat':
      return createOpenAI(settings).chat(model)
  }
}
