import { Command } from 'commander'
import type { Shell } from '../../shell.ts'
import { workspacesList } from './list.ts'
import { workspacesPrune } from './prune.ts'

/** `holdfast workspaces`: the folders that runs work in. */
export function workspaces(shell: Shell): Command {
  return new Command('workspaces')
    .summary('look at the folders that runs work in, or remove old ones: list, prune')
    .description('Look at the worktrees and clones that runs work in, and remove those that are over.')
    .addCommand(workspacesList(shell))
    .addCommand(workspacesPrune(shell))
    .addHelpText('after', '\nExample:\n  holdfast workspaces prune --dry-run\n')
}
