import { Option, type Command } from 'commander'
import { discoverPrompts } from '@holdfast/runtime'
import { EXIT } from '../../exitCodes.ts'
import { withProject } from '../../input/withProject.ts'
import { printJson } from '../../output/print.ts'
import { printProblems } from '../../output/problems.ts'
import { styled } from '../../output/style.ts'
import { table } from '../../output/table.ts'
import { newCommand, type Shell } from '../../shell.ts'

/** `holdfast prompts list`: the newest version of each prompt, and the files that cannot be used. */
export function promptsList(shell: Shell): Command {
  return newCommand<{ readonly page?: string }>(shell, {
    name: 'list',
    summary: 'list the prompts of the project',
    options: [new Option('--page <number>', 'another page of 200').default('1')],
    example: 'holdfast prompts list --json',
    run: async (io, _args, options) =>
      await withProject(io, options, async ({ store, project }) => {
        const { problems } = await discoverPrompts(store, project)
        const page = Math.max(1, Number.parseInt(options.page ?? '1', 10) || 1)
        const { items: rows } = await store.listPrompts({ projectId: project.id, page, limit: 200 })
        printProblems(io, problems)
        if (options.json === true) {
          printJson(io, rows)
          return EXIT.completed
        }
        if (rows.length === 0) {
          io.stderr.write('No prompts. A prompt is a file in .agent/prompts, e.g. .agent/prompts/review.md\n')
          return EXIT.completed
        }
        const style = styled(io.stdout)
        io.stdout.write(
          table(
            io.stdout,
            ['PROMPT', 'VERSION', 'STATUS', 'MODEL', 'FILE'].map((word) => style('dim', word)),
            rows.map((row) => [
              row.name,
              String(row.version),
              row.status,
              row.model_name ?? '',
              row.file_path ?? '',
            ]),
          ),
        )
        return EXIT.completed
      }),
  })
}
