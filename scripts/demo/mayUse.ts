import { createInterface } from 'node:readline/promises'
import { createAgents } from '@holdfast/agents'

/** Says what an agent of this machine would cost before it costs anything, and asks where somebody can answer. */
export async function mayUse(agent: string, unattended: boolean): Promise<boolean> {
  const { installed, version, signedIn, detail } = await createAgents().get(agent).inspect()
  if (!installed || signedIn === false) {
    process.stderr.write(
      `${agent} cannot be used here: ${detail} Without --agent a recorded session is played instead.\n`,
    )
    return false
  }
  process.stderr.write(
    `${agent} ${version ?? ''} will plan, write, repair and review small functions with your sign-in. That costs about what a few short sessions cost you otherwise, usually well below one US dollar.\n`,
  )
  if (unattended) return true
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return (await terminal.question('Go on? [y/N] ')).trim().toLowerCase().startsWith('y')
  } finally {
    terminal.close()
  }
}
