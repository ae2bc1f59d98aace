import type { Command } from 'commander'
import { EXIT } from '../../exitCodes.ts'
import { place } from '../../input/withProject.ts'
import { counted } from '../../output/format.ts'
import { printJson } from '../../output/print.ts'
import { newCommand, type Shell } from '../../shell.ts'

/** `holdfast migrate up`: brings the schema of the store up to date. */
export function migrateUpCommand(shell: Shell): Command {
  return newCommand(shell, {
    name: 'up',
    summary: 'bring the schema of the store up to date',
    description:
      'Bring the schema of the store up to date. Every command that opens a store in a file does so by itself; ' +
      'this one does nothing else. There is no way back: keep a copy.',
    example: 'holdfast migrate up',
    run: async (io, _args, options) => {
      const { migrateUp } = await import('@holdfast/runtime')
      const { store, version, newest, pending } = await migrateUp(place(io, options))
      if (options.json === true) printJson(io, { store, version: newest, applied: pending })
      else if (pending.length === 0) io.stdout.write(`${store} was up to date: schema ${newest}.\n`)
      else
        io.stdout.write(
          `${store} went from schema ${version} to ${newest}: ${counted(pending.length, 'migration')}.\n`,
        )
      return EXIT.completed
    },
  })
}
