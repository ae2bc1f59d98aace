import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/**
 * Imports a package that only the folder `packages` has, as a file beside its `node_modules` would. The caller
 * says what it uses of the module, because the types of peers are not installed with the repository.
 */
export async function importFrom<Module>(packages: string, specifier: string): Promise<Module> {
  const parentURL = pathToFileURL(join(packages, 'importer.js')).href
  const hooks = registerHooks({
    resolve: (wanted, context, next) =>
      next(wanted, wanted === specifier ? { ...context, parentURL } : context),
  })
  try {
    return (await import(specifier)) as Module
  } finally {
    hooks.deregister()
  }
}
