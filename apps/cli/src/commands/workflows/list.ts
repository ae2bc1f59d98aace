import type { Command } from 'commander'
import { discover } from '@holdfast/runtime'
import { EXIT } from '../../exitCodes.ts'
import { withProject } from '../../input/withProject.ts'
import { oneLine } from '../../output/format.ts'
import { printJson } from '../../output/print.ts'
import { printProblems } from '../../output/problems.ts'
import { styled } from '../../output/style.ts'
import { table } from '../../output/table.ts'
import { newCommand, type Shell } from '../../shell.ts'

/** `holdfast workflows list`: the workflows of the project, and the files that do not load. */
export function workflowsList(shell: Shell): Command {
  return newCommand(shell, {
    name: 'list',
    summary: 'list the workflows of the project',
    example: 'holdfast workflows list --json',
    run: async (io, _args, options) =>
      await withProject(io, options, async ({ store, project }) => {
        const { problems } = await discover(store, project)
        const rows = await store.listWorkflows({ projectId: project.id })
        printProblems(io, problems)
        if (options.json === true) {
          printJson(io, rows)
          return EXIT.completed
        }
        if (rows.length === 0) {
          io.stderr.write(`No workflows. Make a first one with: ${io.called} init\n`)
          return EXIT.completed
        }
        const style = styled(io.stdout)
        io.stdout.write(
          table(
            io.stdout,
            ['WORKFLOW', 'VERSION', 'FILE', ''].map((word) => style('dim', word)),
            rows.map((row) => [row.name, String(row.version), row.file_path ?? '', oneLine(row.description)]),
          ),
        )
        return EXIT.completed
      }),
  })
}
