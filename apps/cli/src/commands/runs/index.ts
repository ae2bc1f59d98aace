import { Command } from 'commander'
import type { Shell } from '../../shell.ts'
import { runsCost } from './cost.ts'
import { runsEvents } from './events.ts'
import { runsList } from './list.ts'
import { runsLogs } from './logs.ts'
import { runsShow } from './show.ts'

/** `holdfast runs`: looks at runs. */
export function runs(shell: Shell): Command {
  return new Command('runs')
    .summary('look at runs: list, show, logs, events, cost')
    .description('Look at runs. Without a word it lists them.')
    .addCommand(runsList(shell), { isDefault: true })
    .addCommand(runsShow(shell))
    .addCommand(runsLogs(shell))
    .addCommand(runsEvents(shell))
    .addCommand(runsCost(shell))
    .addHelpText('after', '\nExample:\n  holdfast runs show latest\n')
}
