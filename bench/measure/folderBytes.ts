import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Bytes of every file in a folder and below it. */
export function folderBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}
