import type { Command } from 'commander'
import { discoverPrompts, exportPrompt, readReference } from '@holdfast/runtime'
import { EXIT } from '../../exitCodes.ts'
import { withProject } from '../../input/withProject.ts'
import { printJson } from '../../output/print.ts'
import { newCommand, type Shell } from '../../shell.ts'
import { promptNotFound } from './show.ts'

/** `holdfast prompts export`: prints a version as the file that would make it. */
export function promptsExport(shell: Shell): Command {
  return newCommand(shell, {
    name: 'export',
    summary: 'print a prompt as a file',
    arguments: [['<prompt>', 'name of the prompt, also name@label or name@3; default the newest version']],
    example: 'holdfast prompts export review@production > .agent/prompts/review.md',
    run: async (io, [reference], options) =>
      await withProject(io, options, async ({ store, project }) => {
        await discoverPrompts(store, project)
        const { name, which } = readReference(reference!)
        const row =
          which === undefined
            ? ((await store.listPromptVersions(project.id, name)).at(-1) ?? null)
            : await store.findPrompt(project.id, name, which)
        if (row === null) throw promptNotFound(reference!)
        const file = await exportPrompt(row)
        if (options.json === true) printJson(io, { name, version: row.version, file })
        else io.stdout.write(file)
        return EXIT.completed
      }),
  })
}
