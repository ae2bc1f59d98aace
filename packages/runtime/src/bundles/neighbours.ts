import { readdir } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { nearestName } from '../definitions/nearest.ts'

/** As many names as a message lists. */
const NAMED = 10

/**
 * What there is instead of a local file that an import does not find, as the end of a sentence; empty where the
 * bundler's message is about something else.
 * @param importer Relative to the root.
 */
export async function neighbours(root: string, importer: string, message: string): Promise<string> {
  const specifier = /^Could not resolve "(\.{1,2}\/[^"]*)"/.exec(message)?.[1]
  if (specifier === undefined) return ''
  const folder = `${dirname(specifier)}/`
  const wanted = resolve(root, dirname(importer), specifier)
  const entries = await readdir(dirname(wanted), { withFileTypes: true }).catch(() => null)
  if (entries === null) return `: there is no folder "${folder}" beside this file`
  const names = entries
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .filter((name) => resolve(dirname(wanted), name) !== join(root, importer) && !name.startsWith('.'))
    .toSorted()
  if (names.length === 0) return `: there is no other file in "${folder}"`
  const near = nearestName(basename(wanted), names)
  const hint = near === null ? '' : ` Did you mean "${folder}${near}"?`
  const more = names.length > NAMED ? `, and ${names.length - NAMED} more` : ''
  return `: "${folder}" has ${names.slice(0, NAMED).join(', ')}${more}.${hint}`
}
