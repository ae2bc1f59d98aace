import { statSync } from 'node:fs'

/** Which file lies at a path, and how long it is, in bytes. */
export interface FileMark {
  readonly dev: number
  readonly ino: number
  readonly size: number
}

/** What lies at a path now: null when there is nothing, undefined when the system does not say. */
export function markOf(path: string): FileMark | null | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false })
    return found === undefined ? null : { dev: found.dev, ino: found.ino, size: found.size }
  } catch {
    return undefined
  }
}

/** Whether two marks are of one file. */
export function isSame(one: FileMark, other: FileMark): boolean {
  return one.ino === other.ino && one.dev === other.dev
}
