import { hash } from 'node:crypto'
import { setSourceMapsSupport } from 'node:module'
import { pathToFileURL } from 'node:url'
import { importTrouble } from './importTrouble.ts'
import { registerInstallation } from './installation.ts'
import { writeBundle } from './writeBundle.ts'

/** Failed imports by URL: Node remembers a failure, so the next try needs another URL. */
const failures = new Map<string, number>()

/**
 * Imports a bundle from the project's cache folder, so that packages resolve from the project; the file is
 * written when it is not there.
 * @throws WorkflowError `WORKFLOW_DEPENDENCY_MISSING` naming the package, `WORKFLOW_INVALID` for a part of a
 *   package that it does not have; and whatever the code throws.
 */
export async function importBundle(
  cache: string,
  bundle: string,
): Promise<Readonly<Record<string, unknown>>> {
  return await importBundleFile(await writeBundle(cache, bundle, hash('sha256', bundle)))
}

/** Imports a bundle's file. @throws As {@link importBundle}. */
export async function importBundleFile(path: string): Promise<Readonly<Record<string, unknown>>> {
  registerInstallation()
  setSourceMapsSupport(true, { nodeModules: false, generatedCode: false })
  const url = pathToFileURL(path).href
  const failed = failures.get(url) ?? 0
  try {
    return (await import(/* @vite-ignore */ failed === 0 ? url : `${url}?try=${failed}`)) as Record<
      string,
      unknown
    >
  } catch (error) {
    failures.set(url, failed + 1)
    throw (await importTrouble(error)) ?? error
  }
}
