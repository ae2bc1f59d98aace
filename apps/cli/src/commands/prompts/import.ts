import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { Command } from 'commander'
import { importPrompt } from '@holdfast/runtime'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { EXIT } from '../../exitCodes.ts'
import { withProject } from '../../input/withProject.ts'
import { printJson } from '../../output/print.ts'
import { newCommand, type Shell } from '../../shell.ts'

/** `holdfast prompts import`: keeps the prompt of a file in the store alone. */
export function promptsImport(shell: Shell): Command {
  return newCommand(shell, {
    name: 'import',
    summary: 'keep the prompt of a file in the store',
    description:
      'Keeps the prompt of a file in the store alone; another content is the next version. Prompts of .agent/prompts need no import.',
    arguments: [['<file>', 'front matter and a Liquid template']],
    example: 'holdfast prompts import ../shared/review.md',
    run: async (io, [given], options) =>
      await withProject(io, options, async ({ store, project }) => {
        const source = await readFile(resolve(io.cwd, given!), 'utf8').catch((error: Error) => {
          throw new WorkflowError('USAGE', `${given} cannot be read: ${error.message}.`)
        })
        const saved = await importPrompt(store, project, {
          source,
          from: given!,
          defaultName: basename(given!, '.md'),
        })
        if (options.json === true) printJson(io, saved)
        else
          io.stderr.write(`${saved.name} is version ${saved.version}${saved.isNew ? '' : ', as before'}.\n`)
        return EXIT.completed
      }),
  })
}
