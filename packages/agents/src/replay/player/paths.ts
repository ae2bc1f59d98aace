import { realpath } from 'node:fs/promises'
import path from 'node:path'

/** Whether a path of a recording is relative and stays in its folder, by its text alone. */
export function isInside(relative: string): boolean {
  if (relative === '' || relative.includes('\0') || path.isAbsolute(relative)) return false
  const normal = path.normalize(relative)
  return normal !== '.' && normal !== '..' && !normal.startsWith(`..${path.sep}`)
}

/**
 * The absolute path of `relative` in `cwd`. The deepest folder that exists must lie in `cwd` by its
 * real path, and the file itself must be no link that leaves it. @throws Error naming the path.
 */
export async function confine(cwd: string, relative: string): Promise<string> {
  const root = await realpath(cwd)
  const file = path.join(root, relative)
  if (!isInside(relative))
    throw new Error(`The path ${JSON.stringify(relative)} leaves the folder of the step.`)
  for (let existing = file; existing !== root; existing = path.dirname(existing)) {
    const real = await realpath(existing).catch(() => null)
    if (real === null) continue
    if (real !== root && !real.startsWith(root + path.sep)) {
      throw new Error(`The path ${JSON.stringify(relative)} leaves the folder of the step through a link.`)
    }
    return file
  }
  return file
}
