import { Command } from 'commander'
import type { Shell } from '../../shell.ts'
import { workflowsList } from './list.ts'
import { workflowsShow } from './show.ts'

/** `holdfast workflows`: looks at workflows. */
export function workflows(shell: Shell): Command {
  return new Command('workflows')
    .summary('look at workflows: list, show')
    .description('Look at the workflows of the project. Without a word it lists them.')
    .addCommand(workflowsList(shell), { isDefault: true })
    .addCommand(workflowsShow(shell))
    .addHelpText('after', '\nExample:\n  holdfast workflows show hello\n')
}
