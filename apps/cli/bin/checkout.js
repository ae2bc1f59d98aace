import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * In a checkout that nobody has built, the command goes on from its sources: the same process begins again
 * with the condition under which every room's exports lead there. Returns where there is a build.
 */
export function runSourcesIfUnbuilt() {
  const start = fileURLToPath(import.meta.resolve('#start'))
  if (existsSync(start) || process.execve === undefined) return
  const { execPath, execArgv, argv } = process
  process.execve(execPath, [execPath, ...execArgv, '--conditions=source', ...argv.slice(1)], process.env)
}
