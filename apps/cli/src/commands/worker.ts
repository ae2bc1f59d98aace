import { flushCompileCache } from 'node:module'
import { Option, type Command } from 'commander'
import { isTerminal, WorkflowError, type WorkflowStatus } from '@holdfast/workflow-sdk'
import type { Holdfast } from '@holdfast/runtime'
import { EXIT } from '../exitCodes.ts'
import { withHoldfast } from '../input/withProject.ts'
import type { Io } from '../io.ts'
import { counted, formatTime, oneLine, shortId } from '../output/format.ts'
import { printError } from '../output/formatError.ts'
import { wrap } from '../output/wrap.ts'
import { printProblems } from '../output/problems.ts'
import { newCommand, type Shell } from '../shell.ts'

/** `holdfast worker`: executes runs until it is stopped. */
export function worker(shell: Shell): Command {
  return newCommand<{ readonly concurrency?: string; readonly migrate?: 'auto' | 'check' }>(shell, {
    name: 'worker',
    summary: 'execute runs until it is stopped',
    description:
      'Execute the runs of the store until SIGTERM or Ctrl-C: then it hands back what it has, so that another ' +
      'worker goes on at once. A second signal ends it without waiting. With --json each line on stdout is one change.',
    options: [
      new Option('--concurrency <n>', 'runs at the same time; default 4, or as configured'),
      new Option(
        '--migrate <how>',
        'a store that is not up to date is brought there (auto) or refused (check); default auto, or as configured',
      ).choices(['auto', 'check']),
    ],
    example: 'holdfast worker --concurrency 8',
    run: async (io, _args, options) => {
      const concurrency = options.concurrency === undefined ? {} : { concurrency: count(options.concurrency) }
      const migrate = options.migrate === undefined ? {} : { migrate: options.migrate }
      const work = async (holdfast: Holdfast): Promise<number> => {
        const stopped = untilStopped(io)
        const over = new AbortController()
        // Beside the work: runs that are due need not wait for a file that does not come to its end.
        const discovered = tellWorkflows(io, holdfast, over.signal)
        const unwatch = tellChanges(io, holdfast, options.json === true)
        const running = await holdfast.worker(concurrency)
        io.stderr.write(`Worker ${running.id} is ready on ${holdfast.store.description}\n`)
        // Node keeps what it compiled at an orderly end; a worker may be killed, and the next one would compile it all.
        flushCompileCache()
        const lost = await Promise.race([stopped.promise, running.ended])
        if (lost == null) io.stderr.write('Stopping: runs are handed back. A second signal ends at once.\n')
        over.abort()
        await running.stop()
        await discovered
        unwatch()
        stopped.release()
        if (lost != null) throw lost
        return EXIT.completed
      }
      return await withHoldfast(io, options, work, migrate)
    },
  })
}

/** Makes new workflows known and says what was found. Trouble with it does not keep the worker from working. */
async function tellWorkflows(io: Io, holdfast: Holdfast, signal: AbortSignal): Promise<void> {
  try {
    const { workflows, problems } = await holdfast.discover({ signal })
    io.stderr.write(`Discovered ${counted(workflows.length, 'workflow')}\n`)
    printProblems(io, problems)
  } catch (error) {
    if (!signal.aborted) printError(io, error, { verbose: false })
  }
}

function untilStopped(io: Io): { readonly promise: Promise<void>; release(): void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  let signals = 0
  const onSignal = (): void => {
    signals += 1
    if (signals > 1) process.exit(EXIT.cancelled)
    resolve()
  }
  io.signals.on('SIGINT', onSignal)
  io.signals.on('SIGTERM', onSignal)
  return {
    promise,
    release: () => {
      io.signals.off('SIGINT', onSignal)
      io.signals.off('SIGTERM', onSignal)
    },
  }
}

/** Says each change of a run's status: a line on stderr, or with `--json` a document per line on stdout. */
function tellChanges(io: Io, { store }: Holdfast, json: boolean): () => void {
  const last = new Map<string, WorkflowStatus>()
  return store.watch(({ runId }) => {
    if (runId === null) return
    store.findWorkflowRun(runId).then(
      (run) => {
        if (run === null || last.get(runId) === run.status) return
        if (isTerminal(run.status)) last.delete(runId)
        else last.set(runId, run.status)
        const { id, workflow_name, status, waiting_for, error_message } = run
        if (json) {
          io.stdout.write(`${JSON.stringify({ id, workflow_name, status, waiting_for, error_message })}\n`)
          return
        }
        const why = oneLine(error_message ?? waiting_for?.detail ?? '')
        const time = formatTime(new Date().toISOString())
        const line = `${time} run ${shortId(id)} (${workflow_name}) ${status}${why === '' ? '' : `: ${why}`}`
        io.stderr.write(`${wrap(io.stderr, line, 9)}\n`)
      },
      // What cannot be told is not worth an end: the next change is told again.
      () => {},
    )
  })
}

function count(given: string): number {
  const value = Number(given)
  if (Number.isInteger(value) && value >= 1) return value
  throw new WorkflowError('USAGE', `--concurrency is ${JSON.stringify(given)}. Use a whole number from 1.`)
}
