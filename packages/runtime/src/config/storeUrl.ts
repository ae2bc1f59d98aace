import { isAbsolute, join } from 'node:path'
import type { HoldfastConfig } from './defineConfig.ts'

/** Address of the store and who said so, for messages. */
export interface StoreChoice {
  readonly url: string
  readonly from: 'HOLDFAST_STORE' | 'holdfast.config.ts' | 'option' | 'default'
}

/**
 * Which store a project uses: what the caller says, else `HOLDFAST_STORE`, else the configuration, else
 * `.agent/holdfast.db`. Relative paths of `sqlite:` and `file:` are relative to the project's root.
 */
export function chooseStore(
  root: string,
  config: HoldfastConfig,
  env: Readonly<Record<string, string | undefined>>,
  option?: string,
): StoreChoice {
  if (option !== undefined) return { url: absolute(root, option), from: 'option' }
  if (env.HOLDFAST_STORE) return { url: absolute(root, env.HOLDFAST_STORE), from: 'HOLDFAST_STORE' }
  if (config.store !== undefined) return { url: absolute(root, config.store), from: 'holdfast.config.ts' }
  return { url: absolute(root, 'sqlite:.agent/holdfast.db'), from: 'default' }
}

function absolute(root: string, url: string): string {
  const scheme = ['sqlite:', 'file:'].find((one) => url.startsWith(one))
  if (scheme === undefined) return url
  const path = url.slice(scheme.length)
  if (path === '' || path === ':memory:' || isAbsolute(path)) return url
  return `${scheme}${join(root, path)}`
}
