import type { Command } from 'commander'
import { EXIT } from '../exitCodes.ts'
import { printJson } from '../output/print.ts'
import { styled } from '../output/style.ts'
import { table } from '../output/table.ts'
import { newCommand, type Shell } from '../shell.ts'

/** `holdfast agents`: which agents there are, and what each can do. */
export function agents(shell: Shell): Command {
  return newCommand(shell, {
    name: 'agents',
    summary: 'list the agents: installed, signed in, what they can do',
    description: 'List the agents that steps can name. No provider is asked.',
    example: 'holdfast agents --json',
    run: async (io, _args, options) => {
      const { inspectAgents } = await import('@holdfast/runtime')
      const found = await inspectAgents({ env: io.env })
      if (options.json === true) {
        printJson(io, found)
        return EXIT.completed
      }
      const style = styled(io.stdout)
      const header = ['AGENT', 'INSTALLED', 'VERSION', 'SIGNED IN', 'CAN', 'FOUND']
      io.stdout.write(
        table(
          io.stdout,
          header.map((word) => style('dim', word)),
          found.map((agent) => [
            agent.name,
            agent.installed ? style('green', 'yes') : style('yellow', 'no'),
            agent.version ?? '-',
            agent.signedIn === null ? 'unknown' : agent.signedIn ? 'yes' : style('yellow', 'no'),
            abilities(agent.capabilities),
            agent.detail,
          ]),
        ),
      )
      return EXIT.completed
    },
  })
}

/** Capabilities in a few words each; the permission modes are those of every agent. */
const WORDS = {
  resume: 'resume',
  steer: 'steer',
  structuredOutput: 'schema',
  cost: 'cost',
  allowedTools: 'allowedTools',
  maxTurns: 'maxTurns',
} as const

function abilities(of: Readonly<Record<keyof typeof WORDS, boolean>>): string {
  const names = (Object.keys(WORDS) as (keyof typeof WORDS)[]).filter((name) => of[name])
  return names.map((name) => WORDS[name]).join(', ')
}
