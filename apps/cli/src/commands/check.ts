import { Option, type Command } from 'commander'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { CheckedRun, CheckReport } from '@holdfast/runtime'
import { EXIT } from '../exitCodes.ts'
import { withHoldfast } from '../input/withProject.ts'
import type { Io } from '../io.ts'
import { oneLine, shortId } from '../output/format.ts'
import { printJson } from '../output/print.ts'
import { printProblems } from '../output/problems.ts'
import { styled } from '../output/style.ts'
import { newCommand, type Shell } from '../shell.ts'

interface Options {
  readonly all?: boolean
  readonly strict?: boolean
}

/** `holdfast check`: whether the files of the project load, and would go on with the runs that are not over. */
export function check(shell: Shell): Command {
  return newCommand<Options>(shell, {
    name: 'check',
    summary: 'check configuration and workflows, and what edits would do to runs under way',
    description:
      'Load the configuration and the workflows, and replay the journals of runs that are not over against what the ' +
      'files hold now, without effects. Nothing is changed. Leaves with 1 when a file does not load or a run would ' +
      'diverge, with --strict also when one would leave out or add something before where it stands.',
    arguments: [['[workflow]', 'name of a workflow; default all']],
    options: [
      new Option('--all', 'replay also runs whose version is what the file holds'),
      new Option('--strict', 'also leave with 1 when a run would go on differently'),
    ],
    example: 'holdfast check && git push',
    run: async (io, [workflow], options) =>
      await withHoldfast(io, options, async (holdfast) => {
        const json = options.json === true
        const report = await holdfast.check({
          ...(workflow === undefined ? {} : { workflow }),
          all: options.all === true,
          ...(json ? {} : { onRun: (run) => printRun(io, run) }),
        })
        if (workflow !== undefined && report.workflows.length === 0 && report.problems.length === 0)
          throw new WorkflowError(
            'WORKFLOW_NOT_FOUND',
            `No file of the project holds a workflow "${workflow}". See: holdfast workflows list`,
            {
              details: { workflow },
            },
          )
        if (json) printJson(io, documentOf(report))
        else {
          printProblems(io, report.problems)
          io.stdout.write(`${summary(report)}\n`)
        }
        const { counts, problems } = report
        const bad = problems.length + counts.diverges + (options.strict === true ? counts.differs : 0)
        return bad === 0 ? EXIT.completed : EXIT.failed
      }),
  })
}

function printRun(io: Io, { runId, workflow, status, version, replay }: CheckedRun): void {
  const style = styled(io.stdout)
  const { verdict, divergence, unasked, reached, ends } = replay
  const word = style(verdict === 'diverges' ? 'red' : 'yellow', verdict)
  io.stdout.write(`${word}  ${shortId(runId)} ${workflow} (${status}, version ${version})\n`)
  const say = (line: string, at: string | null): void =>
    void io.stdout.write(`  ${at === null ? '' : `${at}  `}${oneLine(line)}\n`)
  if (divergence !== null) return say(divergence.message, divergence.at)
  const had = namesOf(unasked)
  const added = reached.filter(({ why }) => why === 'new')
  if (added.length === 0) say(`no longer asks for ${had}, which the journal has`, null)
  for (const { key, kind, at } of added)
    say(`asks for "${key}" (${kind}) before ${had}, which the journal has`, at)
  if (ends !== null) say(`then ${ends.how}${ends.message === null ? '' : `: ${ends.message}`}`, ends.at)
}

/** As many calls as a line names. */
const NAMED = 5

function namesOf(calls: readonly { readonly key: string; readonly kind: string }[]): string {
  const named = calls.slice(0, NAMED).map(({ key, kind }) => `"${key}" (${kind})`)
  return [...named, ...(calls.length > NAMED ? [`${calls.length - NAMED} more`] : [])].join(', ')
}

function summary({ workflows, problems, counts }: CheckReport): string {
  const { same, differs, diverges, unchanged, withoutFile } = counts
  const runs = [
    `${same} go on as before`,
    ...(differs === 0 ? [] : [`${differs} go on differently`]),
    ...(diverges === 0 ? [] : [`${diverges} diverge`]),
    ...(unchanged === 0 ? [] : [`${unchanged} have what the file holds`]),
    ...(withoutFile === 0 ? [] : [`${withoutFile} have no file that loads and keep their version`]),
  ]
  return `${workflows.length} workflows load, ${problems.length} files do not. Runs that are not over: ${runs.join(', ')}.`
}

/** In snake_case, as everything that commands print. */
function documentOf({ workflows, problems, counts, runs }: CheckReport): object {
  const { withoutFile: without_file, ...others } = counts
  return {
    workflows,
    problems,
    counts: { ...others, without_file },
    runs: runs.map(({ runId, workflow, status, version, replay }) => ({
      run_id: runId,
      workflow,
      status,
      version,
      verdict: replay.verdict,
      divergence: replay.divergence,
      unused: replay.unasked,
      next: replay.reached,
      ends: replay.ends,
    })),
  }
}
