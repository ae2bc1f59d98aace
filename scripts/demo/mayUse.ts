import { createInterface } from 'node:readline/promises'
import { createAgents } from '@holdfast/agents'

/** Says what Claude Code would cost before it costs anything, and asks where somebody can answer. */
export async function mayUseClaude(unattended: boolean): Promise<boolean> {
  const { installed, version, signedIn, detail } = await createAgents().get('claude').inspect()
  if (!installed || signedIn === false) {
    process.stderr.write(
      `Claude Code cannot be used here: ${detail} Without --agent claude a recorded session is played instead.\n`,
    )
    return false
  }
  process.stderr.write(
    `Claude Code ${version ?? ''} will plan, write, repair and review a small function with your sign-in. That costs about what four short sessions cost you otherwise, usually well below one US dollar.\n`,
  )
  if (unattended) return true
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return (await terminal.question('Go on? [y/N] ')).trim().toLowerCase().startsWith('y')
  } finally {
    terminal.close()
  }
}
