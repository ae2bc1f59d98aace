import { registerHooks } from 'node:module'
import { withSpecifier } from './importTrouble.ts'
import { OWN } from './ownNames.ts'

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
      const here = { ...context, parentURL: import.meta.url }
      const isBundle = context.parentURL?.includes(CACHE) === true
      if (own !== undefined && isBundle) return next(own, here)
      try {
        return next(specifier, context)
      } catch (error) {
        const ours = own ?? (specifier === 'zod' || specifier.startsWith('zod/') ? specifier : undefined)
        if (ours === undefined || (error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND')
          throw isBundle ? withSpecifier(error, specifier) : error
        try {
          return next(ours, here)
        } catch (second) {
          throw withSpecifier(second, specifier)
        }
      }
    },
  })
}
