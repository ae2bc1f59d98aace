import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { Figures } from '../workloads/Measurement.ts'
import type { ProcessAnswer, ProcessRequest } from './request.ts'

/** How a measuring process is run. */
export interface ProcessOptions {
  readonly environment: NodeJS.ProcessEnv
  /** More options for Node itself. */
  readonly nodeOptions: readonly string[]
}

const ENTRY = join(import.meta.dirname, 'process.ts')
const LIMIT_MS = 600_000

/**
 * Runs one measuring process and gives its figures once it is gone. A seed is killed with SIGKILL the moment
 * it has answered.
 * @throws Error with what the process printed, when it ended without an answer or took over ten minutes.
 */
export async function runProcess(request: ProcessRequest, options: ProcessOptions): Promise<Figures> {
  const child = fork(ENTRY, [JSON.stringify(request)], {
    execArgv: [...options.nodeOptions, '--expose-gc', '--no-warnings'],
    env: options.environment,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let answer: ProcessAnswer | null = null
  let printed = ''
  child.on('message', (message) => {
    answer = message as ProcessAnswer
    if (request.phase === 'seed') child.kill('SIGKILL')
  })
  child.stderr?.on('data', (chunk: Buffer) => (printed = (printed + chunk.toString()).slice(-4000)))
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (...end) => resolve(end))
  })
  clearTimeout(limit)
  const { figures } = (answer as ProcessAnswer | null) ?? {}
  if (figures === undefined || (code !== 0 && request.phase === 'run')) {
    const what = `${request.workload} (${request.phase}) of ${request.adapter}`
    throw new Error(`${what} ended with ${code ?? signal} and no figures. It printed:\n${printed}`)
  }
  return figures
}
