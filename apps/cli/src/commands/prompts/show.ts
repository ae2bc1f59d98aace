import type { Command } from 'commander'
import { discoverPrompts, readReference } from '@holdfast/runtime'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { EXIT } from '../../exitCodes.ts'
import { withProject } from '../../input/withProject.ts'
import { printJson } from '../../output/print.ts'
import { printProblems } from '../../output/problems.ts'
import { newCommand, type Shell } from '../../shell.ts'

/** `holdfast prompts show`: one version of a prompt, with its versions and labels. */
export function promptsShow(shell: Shell): Command {
  return newCommand(shell, {
    name: 'show',
    summary: 'show one prompt with its versions and labels',
    arguments: [['<prompt>', 'name of the prompt, also name@label or name@3']],
    example: 'holdfast prompts show review@production',
    run: async (io, [reference], options) =>
      await withProject(io, options, async ({ store, project }) => {
        const { problems } = await discoverPrompts(store, project)
        const { name, which } = readReference(reference!)
        const [versions, labels] = await Promise.all([
          store.listPromptVersions(project.id, name),
          store.listPromptLabels(project.id, name),
        ])
        // Drafts are shown too.
        const row =
          which === undefined ? (versions.at(-1) ?? null) : await store.findPrompt(project.id, name, which)
        printProblems(io, problems)
        if (row === null) throw promptNotFound(reference!)
        if (options.json === true) {
          const short = versions.map(({ system_prompt_text: _, ...version }) => version)
          printJson(io, { ...row, labels, versions: short })
          return EXIT.completed
        }
        const lines = [
          `${row.name}, version ${row.version}, ${row.status}`,
          `  file      ${row.file_path ?? '(from the database)'}`,
          `  model     ${row.model_name ?? '(that of the call or the config)'}`,
          ...(row.template_variables === null
            ? []
            : [`  variables ${Object.keys(row.template_variables).join(', ')}`]),
          ...(row.output_schema === null ? [] : [`  answer    ${JSON.stringify(row.output_schema)}`]),
          ...labels.map((label) => `  label     ${label.label} → version ${label.version}`),
          ...versions.map((one) => `  version   ${one.version}  ${one.status}  ${one.created_at}`),
          '',
          row.system_prompt_text.trimEnd(),
        ]
        io.stdout.write(`${lines.join('\n')}\n`)
        return EXIT.completed
      }),
  })
}

/** The error for a prompt that the project does not have. */
export function promptNotFound(reference: string): WorkflowError {
  return new WorkflowError(
    'PROMPT_NOT_FOUND',
    `The project has no prompt "${reference}". See: holdfast prompts list`,
    { details: { prompt: reference } },
  )
}
