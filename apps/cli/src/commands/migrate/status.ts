import type { Command } from 'commander'
import { EXIT } from '../../exitCodes.ts'
import { place } from '../../input/withProject.ts'
import { counted } from '../../output/format.ts'
import { printJson } from '../../output/print.ts'
import { newCommand, type Shell } from '../../shell.ts'

/** `holdfast migrate status`: how the schema of the store stands. It changes nothing. */
export function migrateStatus(shell: Shell): Command {
  return newCommand(shell, {
    name: 'status',
    summary: 'say how the schema of the store stands',
    description:
      'Say how the schema of the store stands; nothing is changed. Exit code 1 when the store is of a newer ' +
      'version than this program.',
    example: 'holdfast migrate status --json',
    run: async (io, _args, options) => {
      const { migrationStatus } = await import('@holdfast/runtime')
      const status = await migrationStatus(place(io, options))
      if (options.json === true) {
        printJson(io, status)
        return EXIT.completed
      }
      const { store, version, newest, pending } = status
      if (version === 0) io.stdout.write(`${store} does not exist yet.\n`)
      else if (pending.length === 0) io.stdout.write(`${store} is up to date: schema ${version}.\n`)
      else {
        io.stdout.write(`${store} has schema ${version} of ${newest}.\n`)
        for (const { number, name } of pending) io.stdout.write(`  ${number} ${name}\n`)
        io.stdout.write(`Apply ${counted(pending.length, 'migration')} with: ${io.called} migrate up\n`)
      }
      return EXIT.completed
    },
  })
}
