import { Option, type Command } from 'commander'
import { isTerminal, WorkflowError } from '@holdfast/workflow-sdk'
import { Activities } from '../attach/Activities.ts'
import { createProgressView } from '../attach/ProgressView.ts'
import { logsToShow } from '../attach/logsToShow.ts'
import { CONCURRENCY, runHere } from '../attach/runHere.ts'
import { EXIT } from '../exitCodes.ts'
import { actor } from '../input/actor.ts'
import { findRun } from '../input/findRun.ts'
import { withHoldfast } from '../input/withProject.ts'
import { shortId } from '../output/format.ts'
import { inShort, printPlan } from '../output/plan.ts'
import { printJson } from '../output/print.ts'
import { newCommand, type Shell } from '../shell.ts'

interface Options {
  readonly from?: string
  readonly nearest?: boolean
  readonly keepVersion?: boolean
  readonly plan?: boolean
  readonly planId?: string
  readonly detach?: boolean
  readonly exit?: boolean
  readonly by?: string
}

/** `holdfast retry`: a run that goes on in the place of one that failed. */
export function retry(shell: Shell): Command {
  return newCommand<Options>(shell, {
    name: 'retry',
    summary: 'go on with a run that failed, from the step that failed',
    description:
      'Start a run that goes on in the place of one that failed, was cancelled, killed or ran out of time: with ' +
      'what was finished, from what was not, in the same workspace as it is now, and with the present version of ' +
      'its workflow. A run is retried once; what came of that can be retried again.',
    arguments: [['<run>', 'id of the run, its beginning, or latest']],
    options: [
      new Option(
        '--from <step>',
        'the first step to run anew, by number, key or name; default: the one that failed',
      ),
      new Option(
        '--keep-version',
        'go on with the version that the run had, also where its file has changed',
      ),
      new Option('--nearest', 'where the workspace is gone: accept the nearest files that were kept'),
      new Option('--plan', 'only show what would be reused and run, and what it may cost'),
      new Option('--plan-id <id>', 'do it only if the plan is still this one'),
      new Option('--detach', 'start it only: a worker executes it'),
      new Option('--exit', 'never ask here: leave with 3 when only a person can go on'),
      new Option('--by <name>', 'who does this, for the audit trail'),
    ],
    example: 'holdfast retry latest --plan',
    run: async (io, [given], options) => {
      const activities = new Activities()
      const view = createProgressView(io, activities)
      return await withHoldfast(
        io,
        options,
        async (holdfast) => {
          const found = await findRun(holdfast.store, holdfast.project.id, given!)
          const json = options.json === true
          const { from, nearest, keepVersion, planId } = options
          const request = {
            by: actor(io, options.by),
            ...(from === undefined ? {} : { from }),
            ...(nearest === undefined ? {} : { nearest }),
            ...(keepVersion === undefined ? {} : { keepVersion }),
            ...(planId === undefined ? {} : { planId }),
          }
          if (options.plan === true) {
            printPlan(io, await holdfast.planRetry(found.id, request), json)
            return EXIT.completed
          }
          const { id, started, notes, plan, made } = await holdfast.retry(found.id, request)
          if (!made && isTerminal(started.status)) throw retriedBefore(found.id, id, started.status)
          for (const note of notes) io.stderr.write(`${note}\n`)
          const how = made
            ? `goes on as ${shortId(id)}: ${inShort(plan)}`
            : `was retried before, as ${shortId(id)}`
          if (!json) io.stderr.write(`Run ${shortId(found.id)} ${how}.\n`)
          if (options.detach === true) {
            if (json) printJson(io, { id, status: started.status })
            else io.stdout.write(`${id}\n`)
            return EXIT.completed
          }
          const worker = await holdfast.worker({ concurrency: CONCURRENCY, only: { rootRunId: id } })
          return await runHere({ io, holdfast, runId: id, worker, view, exit: options.exit === true, json })
        },
        { onActivity: activities.hear, onLog: logsToShow(view, options.verbose === true) },
      )
    },
  })
}

function retriedBefore(runId: string, id: string, status: string): WorkflowError {
  const way = status === 'completed' ? 'Nothing is left to do.' : `Retry that one: holdfast retry ${id}`
  return new WorkflowError(
    'RUN_TRANSITION_INVALID',
    `Run ${runId} was retried before, as run ${id}, which is ${status}. ${way}`,
    { details: { runId, retriedAs: id, status } },
  )
}
