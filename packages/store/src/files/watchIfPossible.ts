import { watch, type FSWatcher } from 'node:fs'

/**
 * Hears of changes in a folder with the name of what changed. Null where the machine has no watcher left: then
 * looking from time to time has to do, which whoever calls this does anyway.
 */
export function watchIfPossible(folder: string, onChange: (name: string | null) => void): FSWatcher | null {
  try {
    const watcher = watch(folder, (_event, name) => onChange(name))
    watcher.on('error', () => undefined)
    return watcher
  } catch {
    return null
  }
}
