import { access, constants, stat } from 'node:fs/promises'
import path from 'node:path'

/**
 * The absolute path of a program: `command` itself when it is a path (relative ones are taken from
 * `cwd`), else the first executable file of that name on `searchPath` (the form of PATH). Null when
 * there is none.
 */
export async function findProgram(
  command: string,
  cwd: string,
  searchPath: string | undefined,
): Promise<string | null> {
  if (command.includes('/') || command.includes(path.sep)) {
    const file = path.resolve(cwd, command)
    return (await isExecutable(file)) ? file : null
  }
  for (const folder of (searchPath ?? '').split(path.delimiter)) {
    if (folder === '') continue
    const file = path.resolve(folder, command)
    if (await isExecutable(file)) return file
  }
  return null
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK)
    return (await stat(file)).isFile()
  } catch {
    return false
  }
}
