import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A place in a file of the project. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** Where the rooms of Holdfast lie: their lines are nobody's code, also in a project that holds their sources. */
const ROOMS = fileURLToPath(new URL('../../..', import.meta.url))

/**
 * The first line of a stack that lies in a file of the project; packages, bundles and Holdfast itself left out.
 * Null when there is none. Stacks are mapped back to the sources before they come here.
 */
export function placeInProject(root: string, stack: string): Place | null {
  for (const [, path, line, column] of stack.matchAll(/(\/[^\s():]+(?: [^\s():]+)*):(\d+):(\d+)/g)) {
    const file = relative(root, path!)
    const isForeign = file.startsWith('..') || file.includes('node_modules') || path!.includes(ROOMS)
    if (isForeign || file.includes('.agent/workflows/.cache/')) continue
    return { file, line: Number(line), column: Number(column) }
  }
  return null
}

/** Line of the `export default` in a source text, or null. */
export function exportLine(source: string): number | null {
  const index = source.search(/^\s*export\s+default\b/m)
  return index < 0 ? null : source.slice(0, source.indexOf('export', index)).split('\n').length
}
