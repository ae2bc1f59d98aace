import { flushCompileCache } from 'node:module'
import { Option, type Command } from 'commander'
import type { Holdfast } from '@holdfast/runtime'
import { EXIT } from '../exitCodes.ts'
import { withHoldfast } from '../input/withProject.ts'
import { newCommand, type Shell } from '../shell.ts'
import { concurrencyOf } from '../working/concurrency.ts'
import { tellChanges } from '../working/tellChanges.ts'
import { tellWorkflows } from '../working/tellWorkflows.ts'
import { untilStopped } from '../working/untilStopped.ts'

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
      const concurrency = concurrencyOf(options.concurrency)
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
