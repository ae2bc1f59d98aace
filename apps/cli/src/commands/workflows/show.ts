import type { Command } from 'commander'
import { discoverOne, workflowNotFound } from '@holdfast/runtime'
import { shapeOf } from '@holdfast/engine/shape'
import type { Json } from '@holdfast/workflow-sdk/journal'
import { EXIT } from '../../exitCodes.ts'
import { withProject } from '../../input/withProject.ts'
import { formatDuration, oneLine } from '../../output/format.ts'
import { printJson } from '../../output/print.ts'
import { printProblems } from '../../output/problems.ts'
import { newCommand, type Shell } from '../../shell.ts'

/** `holdfast workflows show`: one workflow with its versions. */
export function workflowsShow(shell: Shell): Command {
  return newCommand(shell, {
    name: 'show',
    summary: 'show one workflow with its versions',
    arguments: [['<workflow>', 'name of the workflow']],
    example: 'holdfast workflows show hello',
    run: async (io, [name], options) =>
      await withProject(io, options, async ({ store, project }) => {
        const { names, problems } = await discoverOne(store, project, name!)
        const row = await store.findWorkflow(project.id, name!)
        if (row === null) throw workflowNotFound(name!, names, problems)
        printProblems(io, problems)
        const versions = await store.listWorkflowVersions(row.id)
        if (options.json === true) {
          const short = versions.map(({ source: _, bundle: _bundle, ...version }) => version)
          printJson(io, { ...row, versions: short })
          return EXIT.completed
        }
        const config = row.config as { readonly timeoutMs?: number; readonly input?: object | null }
        const lines = [
          `${row.name}  ${oneLine(row.description)}`,
          `  file      ${row.file_path ?? '(from a program)'}`,
          `  time-out  ${formatDuration(config.timeoutMs ?? 0)} of running time`,
          ...(config.input
            ? [`  input     ${shapeOf(config.input as Json) ?? JSON.stringify(config.input)}`]
            : []),
          ...versions.map(
            (version) =>
              `  version   ${version.version}  ${version.content_hash.slice(0, 12)}  ${version.created_at}${version.version === row.version ? '  (current)' : ''}`,
          ),
        ]
        io.stdout.write(`${lines.join('\n')}\n`)
        return EXIT.completed
      }),
  })
}
