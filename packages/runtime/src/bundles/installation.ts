import { registerHooks } from 'node:module'

/** What the names that authors import mean inside this installation. */
const OWN: Readonly<Record<string, string>> = {
  holdfast: '@holdfast/runtime/author',
  'holdfast/agents': '@holdfast/agents/author',
  'holdfast/testing': '@holdfast/runtime/testing',
  'holdfast/runtime': '@holdfast/runtime',
}
/** Part of the path of every bundle. */
const CACHE = '/.agent/workflows/.cache/'

let registered = false

/**
 * Lets bundles find `holdfast` and its subpaths in the running installation, whatever the project has
 * installed, so that one process has one copy; and `zod` there where the project has none (R7). Once per
 * thread; more calls do nothing.
 */
export function registerInstallation(): void {
  if (registered) return
  registered = true
  registerHooks({
    resolve(specifier, context, next) {
      const own = OWN[specifier]
      if (own === undefined && specifier !== 'zod' && !specifier.startsWith('zod/')) {
        return next(specifier, context)
      }
      const here = { ...context, parentURL: import.meta.url }
      if (own !== undefined && context.parentURL?.includes(CACHE)) return next(own, here)
      try {
        return next(specifier, context)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
        return next(own ?? specifier, here)
      }
    },
  })
}
