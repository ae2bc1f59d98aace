import { Option, type Command } from 'commander'
import type { Holdfast } from '@holdfast/runtime'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { Activities } from '../attach/Activities.ts'
import { createProgressView } from '../attach/ProgressView.ts'
import { logsToShow } from '../attach/logsToShow.ts'
import { CONCURRENCY, runHere } from '../attach/runHere.ts'
import { EXIT } from '../exitCodes.ts'
import { actor } from '../input/actor.ts'
import { findRun } from '../input/findRun.ts'
import { parseJson } from '../input/parseInput.ts'
import { withHoldfast } from '../input/withProject.ts'
import type { Io } from '../io.ts'
import { shortId } from '../output/format.ts'
import { inShort, printPlan } from '../output/plan.ts'
import { printJson } from '../output/print.ts'
import { newCommand, type Shell } from '../shell.ts'

interface Options {
  readonly from?: string
  readonly set?: readonly string[]
  readonly input?: string
  readonly nearest?: boolean
  readonly plan?: boolean
  readonly planId?: string
  readonly detach?: boolean
  readonly exit?: boolean
  readonly by?: string
}

/** `holdfast fork`: another run that goes on from before a step. */
export function fork(shell: Shell): Command {
  return newCommand<Options>(shell, {
    name: 'fork',
    summary: 'try another way from a step of a run',
    description:
      'Start a run that goes on from before a step of another one, in a worktree of its own, with results, state, ' +
      'files and agent sessions as they were then. The other run is not touched.',
    arguments: [['<run>', 'id of the run, its beginning, or latest']],
    options: [
      new Option(
        '--from <step>',
        'the first step to run anew: its number, key or name',
      ).makeOptionMandatory(),
      new Option(
        '--set <step.output=json>',
        'another output for a step that is taken over; may be given several times',
      ).argParser(collected),
      new Option('--input <json>', 'another input as JSON, @file or @- for standard input'),
      new Option('--nearest', 'accept the nearest files where the exact ones are not kept'),
      new Option('--plan', 'only show what would be reused and run, and what it may cost'),
      new Option('--plan-id <id>', 'do it only if the plan is still this one'),
      new Option('--detach', 'start it only: a worker executes it'),
      new Option('--exit', 'never ask here: leave with 3 when only a person can go on'),
      new Option('--by <name>', 'who does this, for the audit trail'),
    ],
    example: `holdfast fork latest --from build --set 'plan.output={"title":"Another way"}'`,
    run: async (io, [given], options) => {
      const activities = new Activities()
      const view = createProgressView(io, activities)
      return await withHoldfast(
        io,
        options,
        async (holdfast) => {
          const run = await findRun(holdfast.store, holdfast.project.id, given!)
          const request = await requestOf(io, options)
          const json = options.json === true
          if (options.plan === true) {
            printPlan(io, await holdfast.engine.planFork(run.id, request), json)
            return EXIT.completed
          }
          const worker =
            options.detach === true ? null : holdfast.worker({ concurrency: CONCURRENCY, only: 'own' })
          worker?.catch(() => {})
          const { id, started, notes, plan } = await holdfast.fork(run.id, request)
          for (const note of notes) io.stderr.write(`${note}\n`)
          if (!json)
            io.stderr.write(`Run ${shortId(id)} is forked from ${shortId(run.id)}: ${inShort(plan)}.\n`)
          if (worker === null) {
            if (json) printJson(io, { id, status: started.status })
            else io.stdout.write(`${id}\n`)
            return EXIT.completed
          }
          const exit = options.exit === true
          return await runHere({ io, holdfast, runId: id, worker: await worker, view, exit, json })
        },
        { onActivity: activities.hear, onLog: logsToShow(view, options.verbose === true) },
      )
    },
  })
}

type Request = Parameters<Holdfast['engine']['planFork']>[1]

async function requestOf(io: Io, options: Options): Promise<Request> {
  const { from = '', set = [], input, nearest, planId } = options
  const outputs: Record<string, unknown> = {}
  for (const one of set) {
    const [step, value] = stepAndValue(one)
    outputs[step] = await parseJson(io, value, `--set ${step}.output=`)
  }
  return {
    from,
    by: actor(io, options.by),
    outputs,
    ...(input === undefined ? {} : { input: await parseJson(io, input, '--input') }),
    ...(nearest === true ? { nearest } : {}),
    ...(planId === undefined ? {} : { planId }),
  }
}

const OUTPUT = '.output='

function stepAndValue(given: string): [string, string] {
  const at = given.indexOf(OUTPUT)
  if (at > 0) return [given.slice(0, at), given.slice(at + OUTPUT.length)]
  throw new WorkflowError(
    'USAGE',
    `--set is ${JSON.stringify(given)}. Write it as STEP.output=JSON, e.g. --set 'plan.output={"title":"x"}'`,
  )
}

/** An option that may be given several times. */
function collected(given: string, others: readonly string[] | undefined): readonly string[] {
  return [...(others ?? []), given]
}
