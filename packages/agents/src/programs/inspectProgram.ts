import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { AgentAdapter } from '@holdfast/workflow-sdk/ports'

/** What `doctor` shows of an agent. */
export type Inspection = Awaited<ReturnType<AgentAdapter['inspect']>>

const TIMEOUT_MS = 20_000

/**
 * Asks a program for its version; nothing is sent to a provider.
 * @param command the program and what comes before `--version`; null when there is none.
 */
export async function inspectProgram(
  name: string,
  command: readonly [file: string, ...args: string[]] | null,
  signedIn: () => Promise<boolean | null>,
): Promise<Inspection> {
  if (command === null) {
    return { installed: false, version: null, signedIn: null, detail: `${name} is not on PATH` }
  }
  const [file, ...args] = command
  const shown = args.at(-1) ?? file
  const known = await signedIn()
  try {
    const { stdout } = await promisify(execFile)(file, [...args, '--version'], { timeout: TIMEOUT_MS })
    const version = /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] ?? null
    return { installed: true, version, signedIn: known, detail: `${shown} ${stdout.trim()}` }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return {
      installed: false,
      version: null,
      signedIn: known,
      detail: `${shown} does not start: ${why.trim()}`,
    }
  }
}
