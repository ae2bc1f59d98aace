import { Option } from 'commander'
import type { Holdfast } from '@holdfast/runtime'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { EXIT } from '../exitCodes.ts'
import { withHoldfast } from '../input/withProject.ts'
import type { Io } from '../io.ts'
import type { CommonOptions } from '../shell.ts'
import { version } from '../version.ts'
import { concurrencyOf } from './concurrency.ts'
import { tellChanges } from './tellChanges.ts'
import { tellWorkflows } from './tellWorkflows.ts'
import { untilStopped } from './untilStopped.ts'

/** Options of `serve` and `dev`. */
export interface ServeOptions {
  readonly host?: string
  readonly port: string
  readonly worker?: boolean
  readonly concurrency?: string
  readonly migrate?: 'auto' | 'check'
}

/** The option that both have. */
export const PORT = (): Option =>
  new Option('--port <n>', 'the port; 0 takes one that is free').default('3456')

/** Serves a project until it is told to stop, then lets requests and runs come to a good end. */
export async function serveProject(
  io: Io,
  options: ServeOptions & CommonOptions,
  { logsRequests, reloads }: { readonly logsRequests: boolean; readonly reloads: boolean },
): Promise<number> {
  const { host = '127.0.0.1' } = options
  const port = portOf(options.port)
  const concurrency = concurrencyOf(options.concurrency)
  // Loaded here only: no other command pays for it.
  const { refuseWithoutAccounts, startServer } = await import('@holdfast/server')
  refuseWithoutAccounts(host)
  const work = async (holdfast: Holdfast): Promise<number> => {
    const stopped = untilStopped(io)
    const over = new AbortController()
    const logger = { level: logsRequests ? 'info' : 'warn', stream: io.stderr }
    const server = await startServer({ holdfast, version: version(), host, port, logger })
    const discovered = tellWorkflows(io, holdfast, over.signal)
    const unwatchFiles = reloads
      ? holdfast.watchTemplates(() => void tellWorkflows(io, holdfast, over.signal))
      : null
    const unwatch = reloads ? tellChanges(io, holdfast, options.json === true) : null
    const worker = options.worker === false ? null : await holdfast.worker(concurrency)
    io.stderr.write(
      `Server is ready on ${server.url} (documentation: ${server.url}/api/docs)\n` +
        (worker === null ? '' : `Worker ${worker.id} is ready on ${holdfast.store.description}\n`),
    )
    const lost = await Promise.race([stopped.promise, worker?.ended ?? new Promise<never>(() => {})])
    if (lost == null)
      io.stderr.write('Stopping: requests are finished, runs handed back. A second signal ends at once.\n')
    over.abort()
    unwatchFiles?.()
    await server.stop()
    await worker?.stop()
    await discovered
    unwatch?.()
    stopped.release()
    if (lost != null) throw lost
    return EXIT.completed
  }
  return await withHoldfast(
    io,
    options,
    work,
    options.migrate === undefined ? {} : { migrate: options.migrate },
  )
}

function portOf(given: string): number {
  const value = Number(given)
  if (/^\d+$/.test(given) && value <= 65_535) return value
  throw new WorkflowError('USAGE', `--port is ${JSON.stringify(given)}. Use a number from 0 to 65535.`)
}
