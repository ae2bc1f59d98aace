import { Option, type Command } from 'commander'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { EXIT } from '../../exitCodes.ts'
import { findRun } from '../../input/findRun.ts'
import { withProject } from '../../input/withProject.ts'
import { formatTime } from '../../output/format.ts'
import { printJson } from '../../output/print.ts'
import { clip } from '../../output/width.ts'
import { newCommand, type Shell } from '../../shell.ts'

/** `holdfast runs events`: the journal of a run. */
export function runsEvents(shell: Shell): Command {
  return newCommand<{ readonly after: string }>(shell, {
    name: 'events',
    summary: 'print the journal of a run',
    description:
      'Print the journal of a run. On a terminal each event is cut to a line; --json and pipes get all of it.',
    arguments: [['<run>', 'id of the run, its beginning, or latest']],
    options: [new Option('--after <sequence>', 'only events after this one').default('0')],
    example: 'holdfast runs events latest --after 10',
    run: async (io, [given], options) => {
      const afterSequence = Number(options.after)
      if (!Number.isInteger(afterSequence) || afterSequence < 0) {
        throw new WorkflowError(
          'USAGE',
          `--after is ${JSON.stringify(options.after)}. Use a whole number from 0.`,
        )
      }
      return await withProject(io, options, async ({ store, project }) => {
        const { id: runId } = await findRun(store, project.id, given!)
        const events = await store.listWorkflowEvents({ runId, afterSequence })
        if (options.json === true) {
          printJson(io, events)
          return EXIT.completed
        }
        const room = io.stdout.isTTY === true ? (io.stdout.columns ?? 80) : Infinity
        for (const { sequence, timestamp, type, payload } of events) {
          const line = `${String(sequence).padStart(5)} ${formatTime(timestamp)} ${type.padEnd(20)} ${JSON.stringify(payload)}`
          io.stdout.write(`${clip(line, room)}\n`)
        }
        return EXIT.completed
      })
    },
  })
}
