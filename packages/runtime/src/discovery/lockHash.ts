import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Lock files of package managers, relative to the project's root; the first that is there counts. */
export const LOCK_FILES = [
  'package-lock.json',
  'pnpm-lock.yaml',
  'yarn.lock',
  'bun.lock',
  'npm-shrinkwrap.json',
]

/** SHA-256 in hex of the project's lock file, kept beside a version (R7); null where it has none. */
export async function lockHash(root: string): Promise<string | null> {
  for (const name of LOCK_FILES) {
    const content = await readFile(join(root, name)).catch(() => null)
    if (content !== null) return hash('sha256', content)
  }
  return null
}
