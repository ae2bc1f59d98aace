import { resolve } from 'node:path'
import { Option, type Command } from 'commander'
import { makeRecording } from '@holdfast/runtime'
import { EXIT } from '../exitCodes.ts'
import { findRun } from '../input/findRun.ts'
import { withProject } from '../input/withProject.ts'
import { shortId } from '../output/format.ts'
import { printJson } from '../output/print.ts'
import { newCommand, type Shell } from '../shell.ts'

/** `holdfast record`: keeps what the agents and models of a run did, for tests. */
export function record(shell: Shell): Command {
  return newCommand<{ readonly out?: string }>(shell, {
    name: 'record',
    summary: 'keep what the agents and models of a run did, for tests',
    description:
      'Keeps the agent sessions and prompts of a run as a recording, without secrets. A test plays it with createTestEngine({ recording }).',
    arguments: [['<run>', 'id of a run, its beginning, or latest']],
    options: [new Option('--out <dir>', 'folder of the recording; default .agent/recordings/WORKFLOW-ID')],
    example: 'holdfast record latest --out test/recordings/triage',
    run: async (io, [given], options) =>
      await withProject(io, options, async (opened) => {
        const { store, project } = opened
        const run = await findRun(store, project.id, given!)
        const folder =
          options.out === undefined
            ? resolve(project.path, '.agent/recordings', `${run.workflow_name}-${shortId(run.id)}`)
            : resolve(io.cwd, options.out)
        const { recording, notes, file } = await makeRecording(opened, run.id, folder, io.env)
        const { agents, prompts } = recording
        for (const note of notes) io.stderr.write(`Note: ${note}\n`)
        if (options.json === true) {
          printJson(io, {
            file,
            agents: agents.map((step) => step.key),
            prompts: prompts.map((step) => step.key),
            notes,
          })
          return EXIT.completed
        }
        io.stderr.write(
          `${agents.length} agent ${agents.length === 1 ? 'step' : 'steps'} and ${prompts.length} ${prompts.length === 1 ? 'prompt' : 'prompts'} of run ${shortId(run.id)} are recorded. Read the file before you share it.\n`,
        )
        io.stdout.write(`${file}\n`)
        return EXIT.completed
      }),
  })
}
