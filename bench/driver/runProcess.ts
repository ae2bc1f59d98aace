import { fork } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Figures } from '../workloads/Measurement.ts'
import { ifInterrupted, unlessInterrupted } from './endings.ts'
import type { ProcessAnswer, ProcessRequest } from './request.ts'

/** How a measuring process is run. */
export interface ProcessOptions {
  readonly environment: NodeJS.ProcessEnv
  /** More options for Node itself. */
  readonly nodeOptions: readonly string[]
  /** Milliseconds after which it is killed. */
  readonly limitMs: number
}

const ENTRY = join(import.meta.dirname, 'process.ts')
const ROOT = join(import.meta.dirname, '../..')

/** Paths below the repository's root, so that no kept result names a machine. */
function inRepository(text: string): string {
  return text.replaceAll(`${pathToFileURL(ROOT).href}/`, '').replaceAll(`${ROOT}/`, '')
}

/**
 * Runs one measuring process and gives its figures once it is gone. A seed is killed with SIGKILL the moment
 * it has answered.
 * @throws Error with what the process printed, when it ended without an answer, took too long, or was a seed
 * that ended by anything but SIGKILL.
 */
export async function runProcess(request: ProcessRequest, options: ProcessOptions): Promise<Figures> {
  await unlessInterrupted()
  const child = fork(ENTRY, [JSON.stringify(request)], {
    execArgv: [...options.nodeOptions, '--expose-gc', '--no-warnings'],
    env: options.environment,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let answer: ProcessAnswer | null = null
  let printed = ''
  const ended = new Promise<[number | null, string | null]>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (...end) => resolve(end))
  })
  const going = ifInterrupted(async () => {
    child.kill('SIGKILL')
    await ended
  })
  child.on('message', (message) => {
    answer = message as ProcessAnswer
    if (request.phase === 'seed') child.kill('SIGKILL')
  })
  child.stderr?.on(
    'data',
    (chunk: Buffer) => (printed = (printed + inRepository(chunk.toString())).slice(-4000)),
  )
  const limit = setTimeout(() => child.kill('SIGKILL'), options.limitMs)
  const [code, signal] = await ended.finally(() => {
    clearTimeout(limit)
    going()
  })
  const { figures } = (answer as ProcessAnswer | null) ?? {}
  const asItShould = request.phase === 'seed' ? signal === 'SIGKILL' : code === 0
  if (figures === undefined || !asItShould) {
    const what = `${request.workload} (${request.phase}) of ${request.adapter}`
    const missing = figures === undefined ? ' and no figures' : ''
    throw new Error(`${what} ended with ${code ?? signal}${missing}. It printed:\n${printed}`)
  }
  return figures
}
