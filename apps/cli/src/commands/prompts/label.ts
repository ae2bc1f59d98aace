import { Option, type Command } from 'commander'
import { discoverPrompts } from '@holdfast/runtime'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { EXIT } from '../../exitCodes.ts'
import { withProject } from '../../input/withProject.ts'
import { printJson } from '../../output/print.ts'
import { newCommand, type Shell } from '../../shell.ts'
import { promptNotFound } from './show.ts'

/** `holdfast prompts label`: lets a label point at a version, or takes it away. */
export function promptsLabel(shell: Shell): Command {
  return newCommand<{ readonly remove?: boolean }>(shell, {
    name: 'label',
    summary: 'put a label on a version of a prompt',
    description:
      'Puts a label on a version; it moves there if another version has it. Without a version: the newest.',
    arguments: [
      ['<prompt>', 'name of the prompt'],
      ['<label>', 'e.g. production'],
      ['[version]', 'number of the version'],
    ],
    options: [new Option('--remove', 'take the label away')],
    example: 'holdfast prompts label review production 3',
    run: async (io, [name, label, number], options) =>
      await withProject(io, options, async ({ store, project }) => {
        await discoverPrompts(store, project)
        if (/^\d*$/.test(label!) || /[\s@]/.test(label!))
          throw new WorkflowError(
            'USAGE',
            `"${label}" is no label. Use a word that is no number, e.g. production.`,
          )
        if (options.remove === true) {
          await store.deletePromptLabel(project.id, name!, label!)
          io.stderr.write(`${name} has no label ${label} any more.\n`)
          return EXIT.completed
        }
        const versions = await store.listPromptVersions(project.id, name!)
        const version = number === undefined ? versions.at(-1)?.version : Number(number)
        if (version === undefined || !versions.some((one) => one.version === version))
          throw promptNotFound(number === undefined ? name! : `${name}@${number}`)
        const row = await store.setPromptLabel({ projectId: project.id, name: name!, label: label!, version })
        if (options.json === true) printJson(io, row)
        else io.stderr.write(`${name}@${label} is version ${row.version}.\n`)
        return EXIT.completed
      }),
  })
}
