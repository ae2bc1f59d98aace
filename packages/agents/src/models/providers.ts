import type { Environment } from '@holdfast/workspace'
import type { ModelApi, ModelsConfig, ProviderConfig } from './config.ts'

/** A provider with everything that a request needs. */
export interface Provider {
  readonly name: string
  readonly api: ModelApi
  /** Null: the API's own place. */
  readonly baseUrl: string | null
  /** Null where there is none. */
  readonly key: string | null
  readonly needsKey: boolean
  /** Variables in which the key is looked for, the first one first. */
  readonly keyVariables: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  readonly configured: boolean
}

interface BuiltIn {
  readonly api: ModelApi
  readonly keyVariables: readonly string[]
  readonly urlVariable: string
  /** What follows the host where a variable leaves it out, as the coding agents write it. */
  readonly version: string
}

/** What the providers' own programs read too. */
const BUILT_IN: Readonly<Record<string, BuiltIn>> = {
  anthropic: {
    api: 'anthropic',
    keyVariables: ['ANTHROPIC_API_KEY'],
    urlVariable: 'ANTHROPIC_BASE_URL',
    version: '/v1',
  },
  openai: { api: 'openai', keyVariables: ['OPENAI_API_KEY'], urlVariable: 'OPENAI_BASE_URL', version: '/v1' },
  google: {
    api: 'google',
    keyVariables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY'],
    urlVariable: 'GOOGLE_GEMINI_BASE_URL',
    version: '/v1beta',
  },
}

/** Every provider that models can be named of: three that are known, and those of the config. */
export function providersOf(config: ModelsConfig, environment: Environment): ReadonlyMap<string, Provider> {
  const names = new Set([...Object.keys(BUILT_IN), ...Object.keys(config.providers ?? {})])
  return new Map(
    [...names].map((name) => [name, providerOf(name, config.providers?.[name] ?? null, environment)]),
  )
}

function providerOf(name: string, own: ProviderConfig | null, environment: Environment): Provider {
  const known = Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined
  const keyVariables = own?.keyVariable === undefined ? (known?.keyVariables ?? []) : [own.keyVariable]
  const found = keyVariables.map((variable) => environment[variable]).find((value) => value)
  const stated = known === undefined ? undefined : environment[known.urlVariable]
  const baseUrl = own?.baseUrl ?? (stated && known ? withVersion(stated, known.version) : null)
  return {
    name,
    api: own?.api ?? known?.api ?? 'chat',
    baseUrl,
    key: own?.apiKey ?? found ?? null,
    needsKey: keyVariables.length > 0,
    keyVariables,
    headers: own?.headers ?? {},
    configured: own !== null,
  }
}

/** An address that is only a host gets the version of the API. */
function withVersion(url: string, version: string): string {
  const bare = url.replace(/\/+$/, '')
  return /^https?:\/\/[^/]+$/.test(bare) ? bare + version : bare
}
