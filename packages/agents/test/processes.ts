import { readFile } from 'node:fs/promises'
import type { AgentRequest } from '@holdfast/workflow-sdk/ports'
import { endProcesses, RUN_VARIABLE } from '@holdfast/workspace'

/** How many processes of a run are left; ends them. */
export function leftOf(request: AgentRequest): Promise<number> {
  return endProcesses({ variable: { name: RUN_VARIABLE, value: request.marker.runId }, known: [] })
}

/** The process id that a tool of the agent writes into a file. */
export async function pidIn(file: string): Promise<number> {
  let pid = 0
  await until(async () => (pid = Number(await readFile(file, 'utf8').catch(() => ''))) > 0)
  return pid
}

/** Looks again and again at what another process does; the limit is only there for when it never comes. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 12_000; tries += 1) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('It never came to be.')
}
