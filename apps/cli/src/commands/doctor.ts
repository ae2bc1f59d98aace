import { resolve } from 'node:path'
import type { Command } from 'commander'
import { EXIT } from '../exitCodes.ts'
import { asCalled } from '../output/asCalled.ts'
import { printJson } from '../output/print.ts'
import { styled } from '../output/style.ts'
import { newCommand, type Shell } from '../shell.ts'

/** `holdfast doctor`: looks at everything that Holdfast needs. */
export function doctor(shell: Shell): Command {
  return newCommand(shell, {
    name: 'doctor',
    summary: 'check this machine and project',
    description: 'Check this machine and project. Exit code 1 when something keeps Holdfast from working.',
    example: 'holdfast doctor --json',
    run: async (io, _args, options) => {
      const { doctor: look } = await import('@holdfast/runtime')
      const checks = await look({ projectPath: resolve(io.cwd, options.project ?? '.'), env: io.env })
      if (options.json === true) printJson(io, checks)
      else {
        const style = styled(io.stdout)
        const signs = { ok: style('green', '✔'), warning: style('yellow', '!'), problem: style('red', '✖') }
        for (const { name, status, detail, remedy } of checks) {
          io.stdout.write(
            `${signs[status]} ${name}: ${sentence(detail)}${remedy === null ? '' : ` ${asCalled(io, remedy)}`}\n`,
          )
        }
      }
      return checks.some((check) => check.status === 'problem') ? EXIT.failed : EXIT.completed
    },
  })
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}
