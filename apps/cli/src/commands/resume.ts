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
import { printPlan } from '../output/plan.ts'
import { printJson } from '../output/print.ts'
import { printProblems } from '../output/problems.ts'
import { newCommand, type Shell } from '../shell.ts'

interface Options {
  readonly detach?: boolean
  readonly exit?: boolean
  readonly upgrade?: boolean
  readonly plan?: boolean
  readonly planId?: string
  readonly now?: boolean
  readonly by?: string
}

/** `holdfast resume`: goes on with a run that waits, is paused or was left. */
export function resume(shell: Shell): Command {
  return newCommand<Options>(shell, {
    name: 'resume',
    summary: 'go on with a run here',
    description:
      'Go on with a run that waits, is paused, or was left, and stay with it as run does. It keeps the version ' +
      'of its workflow unless --upgrade is given.',
    arguments: [['<run>', 'id of the run, its beginning, or latest']],
    options: [
      new Option('--detach', 'make it due only: a worker executes it'),
      new Option('--exit', 'never ask here: leave with 3 when only a person can go on'),
      new Option(
        '--upgrade',
        'move it to the present version of its workflow, unless it could not go on with that',
      ),
      new Option('--plan', 'only show what is reused and what runs again, and what it may cost'),
      new Option('--plan-id <id>', 'do it only if the plan is still this one'),
      new Option(
        '--now',
        'call providers before the reset of the quota that it waits for: all runs may then',
      ),
      new Option('--by <name>', 'who does this, for the audit trail'),
    ],
    example: 'holdfast resume latest',
    run: async (io, [given], options) => {
      const activities = new Activities()
      const view = createProgressView(io, activities, new Date().toISOString())
      return await withHoldfast(
        io,
        options,
        async (holdfast) => {
          const { store, engine, project } = holdfast
          const found = await findRun(store, project.id, given!)
          if (isTerminal(found.status)) {
            throw new WorkflowError(
              'RUN_FINISHED',
              `Run ${found.id} is ${found.status}; only a run that is not over can go on. Start a new one with: ` +
                `holdfast run ${found.workflow_name}`,
              { details: { runId: found.id, status: found.status } },
            )
          }
          if (options.upgrade === true) {
            const { workflow, problems } = await holdfast.discoverOne(found.workflow_name)
            if (workflow === null) printProblems(io, problems)
          }
          const by = actor(io, options.by)
          const version = (await store.getWorkflow(found.workflow_id)).version
          const moves = options.upgrade === true && version !== found.workflow_version
          const moved = moves ? { version } : {}
          if (options.plan === true) {
            printPlan(io, await engine.planResume(found.id, moved), options.json === true)
            return EXIT.completed
          }
          const { planId } = options
          const planned = planId === undefined ? {} : { planId }
          const now = options.now === true
          if (now || moves || planId !== undefined || found.status === 'paused' || found.status === 'waiting')
            await engine.resume(found.id, { by, ...moved, ...planned, now })
          if (options.detach === true) {
            const { id, status } = await store.getWorkflowRun(found.id)
            if (options.json === true) printJson(io, { id, status })
            else io.stdout.write(`${id}\n`)
            return EXIT.completed
          }
          const json = options.json === true
          const worker = await holdfast.worker({ concurrency: CONCURRENCY, only: { rootRunId: found.id } })
          const exit = options.exit === true
          return await runHere({ io, holdfast, runId: found.id, worker, view, exit, json })
        },
        { onActivity: activities.hear, onLog: logsToShow(view, options.verbose === true) },
      )
    },
  })
}
