import { registerHooks } from 'node:module'

let registered = false

/**
 * Sources of Holdfast run under the condition `source`. Some packages of others have that condition too, for files that
 * Node.js does not run: what they import of each other is found without it. Does nothing in a build, where the condition is not set.
 */
export function importPackagesAsBuilt(): void {
  if (registered || !import.meta.url.endsWith('.ts')) return
  registered = true
  registerHooks({
    resolve: (specifier, context, next) => {
      if (context.parentURL?.includes('/node_modules/') !== true) return next(specifier, context)
      return next(specifier, { ...context, conditions: context.conditions.filter((one) => one !== 'source') })
    },
  })
}
