import { Option, type Command } from 'commander'
import type { WorkflowLogRow, WorkflowStepRow } from '@holdfast/runtime'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { EXIT } from '../../exitCodes.ts'
import { findRun } from '../../input/findRun.ts'
import { withProject } from '../../input/withProject.ts'
import { formatTime, oneLine, plainLines } from '../../output/format.ts'
import { printJson } from '../../output/print.ts'
import { newCommand, type Shell } from '../../shell.ts'

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

interface Options {
  readonly step?: string
  readonly level?: WorkflowLogRow['level']
}

/** `holdfast runs logs`: the log lines of a run. */
export function runsLogs(shell: Shell): Command {
  return newCommand<Options>(shell, {
    name: 'logs',
    summary: 'print the log of a run',
    arguments: [['<run>', 'id of the run, its beginning, or latest']],
    options: [
      new Option('--step <step>', 'only this step, by number, name or id'),
      new Option('--level <level>', 'only this level and above').choices(LEVELS),
    ],
    example: 'holdfast runs logs latest --level warn',
    run: async (io, [given], options) =>
      await withProject(io, options, async ({ store, project }) => {
        const { id: runId } = await findRun(store, project.id, given!)
        const steps = await store.listWorkflowSteps(runId)
        const step = options.step === undefined ? null : findStep(steps, options.step)
        const rows = await store.listWorkflowLogs({ runId, ...(step === null ? {} : { stepId: step.id }) })
        const least = LEVELS.indexOf(options.level ?? 'trace')
        const lines = rows.filter((row) => LEVELS.indexOf(row.level) >= least)
        if (options.json === true) {
          printJson(io, lines)
          return EXIT.completed
        }
        const names = new Map(steps.map((known) => [known.id, known.name]))
        for (const { timestamp, level, step_id, message, data } of lines) {
          const name = step_id === null ? '' : ` ${oneLine(names.get(step_id) ?? step_id)}:`
          const more = data === null ? '' : ` ${JSON.stringify(data)}`
          io.stdout.write(
            `${formatTime(timestamp)} ${level.padEnd(5)}${name} ${plainLines(message.trimEnd())}${more}\n`,
          )
        }
        return EXIT.completed
      }),
  })
}

function findStep(steps: readonly WorkflowStepRow[], given: string): WorkflowStepRow {
  const found =
    steps.find((step) => step.id === given || String(step.step_number) === given) ??
    steps.findLast((step) => step.name === given)
  if (found !== undefined) return found
  const known = steps.map((step) => `${step.step_number} ${step.name}`).join(', ')
  throw new WorkflowError('USAGE', `The run has no step "${given}". Steps: ${known || 'none'}.`)
}
