import { Command } from 'commander'
import type { Shell } from '../../shell.ts'
import { storeCopy } from './copy.ts'

/** `holdfast store`: whole stores. */
export function store(shell: Shell): Command {
  return new Command('store')
    .summary('copy a store into another one: copy')
    .description('Work on a store as a whole.')
    .addCommand(storeCopy(shell))
    .addHelpText(
      'after',
      '\nExample:\n  holdfast store copy sqlite:.agent/holdfast.db sqlite:/backup/holdfast.db\n',
    )
}
