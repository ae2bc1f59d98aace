import { Option, type Command } from 'commander'
import type { RunComparison } from '@holdfast/runtime'
import { EXIT } from '../exitCodes.ts'
import { findRun } from '../input/findRun.ts'
import { withHoldfast } from '../input/withProject.ts'
import type { Io } from '../io.ts'
import { formatCost, formatDuration, oneLine, shortId } from '../output/format.ts'
import { printJson } from '../output/print.ts'
import { table } from '../output/table.ts'
import { newCommand, type Shell } from '../shell.ts'

/** `holdfast compare`: two runs side by side. */
export function compare(shell: Shell): Command {
  return newCommand<{ readonly patch?: boolean }>(shell, {
    name: 'compare',
    summary: 'show two runs side by side: steps, outputs, files, cost',
    arguments: [
      ['<run>', 'id of a run, its beginning, or latest'],
      ['<other>', 'the other one'],
    ],
    options: [new Option('--patch', 'show the difference of the files line by line')],
    example: 'holdfast compare 019a3c5e latest',
    run: async (io, [left, right], options) =>
      await withHoldfast(io, options, async (holdfast) => {
        const { store, project } = holdfast
        const one = await findRun(store, project.id, left!)
        const other = await findRun(store, project.id, right!)
        const document = await holdfast.compare(one.id, other.id)
        if (options.json === true) printJson(io, document)
        else print(io, document, options.patch === true)
        return EXIT.completed
      }),
  })
}

function print(io: Io, { runs, steps, files, same_output }: RunComparison, patch: boolean): void {
  const say = (line: string): void => void io.stdout.write(`${line}\n`)
  const [left, right] = runs
  say(
    table(
      io.stdout,
      ['run', shortId(left.id), shortId(right.id)],
      [
        ['workflow', ...runs.map((run) => `${run.workflow_name} ${run.workflow_version}`)],
        ['status', ...runs.map((run) => run.status)],
        ['forked from', ...runs.map((run) => (run.forked_from === null ? '' : shortId(run.forked_from)))],
        ['duration', ...runs.map((run) => (run.duration_ms === null ? '' : formatDuration(run.duration_ms)))],
        ['cost', ...runs.map((run) => (run.total_tokens === 0 ? '' : formatCost(run.cost_usd)))],
        ['output', oneLine(shown(left.output)), same_output ? '(same)' : oneLine(shown(right.output))],
      ],
    ).trimEnd(),
  )
  say('')
  say(
    table(
      io.stdout,
      ['', 'step', shortId(left.id), shortId(right.id)],
      steps.map((step) => [
        step.same ? ' ' : '≠',
        step.key,
        side(step.left, step.same),
        side(step.right, step.same),
      ]),
    ).trimEnd(),
  )
  say('')
  if (files === null) return say('The files of these runs are not kept any more.')
  if (files.files.length === 0) return say('The files are the same.')
  say(`${files.files.length} files differ, +${files.added} −${files.removed}:`)
  for (const file of files.files)
    say(`  ${file.binary ? 'binary' : `+${file.added} −${file.removed}`}  ${file.path}`)
  if (patch) io.stdout.write(`\n${files.patch}`)
}

/** Characters of an output that are shown. */
const SHOWN = 60

function side(step: RunComparison['steps'][number]['left'], same: boolean): string {
  if (step === null) return '—'
  const status = step.taken_over ? 'taken over' : step.status
  return same ? status : `${status} ${oneLine(shown(step.output)).slice(0, SHOWN)}`
}

function shown(value: unknown): string {
  return value === null ? '' : JSON.stringify(value)
}
