import { Command } from 'commander'
import type { Shell } from '../../shell.ts'
import { migrateStatus } from './status.ts'
import { migrateUpCommand } from './up.ts'

/** `holdfast migrate`: the schema of the store. */
export function migrate(shell: Shell): Command {
  return new Command('migrate')
    .summary('look at the schema of the store, or bring it up to date: status, up')
    .description('The schema of the store. Without a word it says how it stands.')
    .addCommand(migrateStatus(shell), { isDefault: true })
    .addCommand(migrateUpCommand(shell))
    .addHelpText('after', '\nExample:\n  holdfast migrate status\n')
}
