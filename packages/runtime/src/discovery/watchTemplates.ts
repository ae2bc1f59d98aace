import { existsSync, watch } from 'node:fs'
import { dirname } from 'node:path'
import type { ProjectPaths } from '../project/paths.ts'

/** Editors write a file in several steps; what comes within so many milliseconds is one change. */
const SETTLE_MS = 150

/**
 * Calls `onChange` when something below the folder of templates has changed, or the folder was made. The answer
 * ends that. A system that cannot watch tells nothing; workflows are then looked at when they are started.
 */
export function watchTemplates({ templates, root }: ProjectPaths, onChange: () => void): () => void {
  let timer: NodeJS.Timeout | null = null
  const settle = (): void => {
    timer ??= setTimeout(() => {
      timer = null
      onChange()
    }, SETTLE_MS)
  }
  let folder = templates
  while (!existsSync(folder) && folder !== root) folder = dirname(folder)
  const relevant = templates.slice(folder.length + 1).split('/')[0] ?? ''
  try {
    const watcher = watch(folder, { recursive: folder === templates }, (_, name) => {
      if (folder === templates || name === relevant) settle()
    }).on('error', () => {})
    return () => {
      watcher.close()
      if (timer !== null) clearTimeout(timer)
    }
  } catch {
    return () => {}
  }
}
