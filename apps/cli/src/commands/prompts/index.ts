import { Command } from 'commander'
import type { Shell } from '../../shell.ts'
import { promptsExport } from './export.ts'
import { promptsImport } from './import.ts'
import { promptsLabel } from './label.ts'
import { promptsList } from './list.ts'
import { promptsShow } from './show.ts'

/** `holdfast prompts`: looks at prompts and puts labels on their versions. */
export function prompts(shell: Shell): Command {
  return new Command('prompts')
    .summary('look at prompts and label their versions: list, show, label, export, import')
    .description('Look at the prompts of the project. Without a word it lists them.')
    .addCommand(promptsList(shell), { isDefault: true })
    .addCommand(promptsShow(shell))
    .addCommand(promptsLabel(shell))
    .addCommand(promptsExport(shell))
    .addCommand(promptsImport(shell))
    .addHelpText('after', '\nExample:\n  holdfast prompts label review production 3\n')
}
