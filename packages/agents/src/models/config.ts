/** The APIs that are spoken: those of Anthropic, OpenAI (Responses) and Google, and Chat Completions, which most others offer. */
export type ModelApi = 'anthropic' | 'openai' | 'google' | 'chat'

/** A provider of models, by whose name a model begins: `house/small`. */
export interface ProviderConfig {
  /** Default: that of the name for `anthropic`, `openai` and `google`, else `chat`. */
  readonly api?: ModelApi
  /** Where the API begins, with its version: `https://models.example/v1`. Needed for every other name. */
  readonly baseUrl?: string
  /** Environment variable that holds the key; default that of the provider. A provider of one's own needs no key unless this says so. */
  readonly keyVariable?: string
  /** The key itself, where the config reads it from somewhere; it goes before the variable. */
  readonly apiKey?: string
  /** Further headers of each request. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Which models there are, and which one is meant where nothing else is said. */
export interface ModelsConfig {
  /** `provider/model`. */
  readonly default?: string
  readonly providers?: Readonly<Record<string, ProviderConfig>>
}
