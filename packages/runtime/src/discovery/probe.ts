import { Worker } from 'node:worker_threads'
import type { WorkflowFacts } from './types.ts'
import type { MissingImport, ProbeAnswer } from './probeWorker.ts'

/** Limits of a first load. */
export interface ProbeLimits {
  /** Default 10 seconds. */
  readonly timeoutMs?: number
  /** Memory of the thread in MiB; default 256. */
  readonly memoryMiB?: number
  /** Gives the load up. */
  readonly signal?: AbortSignal
}

/** How a first load ended. `fatal`: it took the thread down or did not end, so it is not tried again unchanged. */
export type ProbeResult =
  | { readonly ok: true; readonly facts: WorkflowFacts }
  | {
      readonly ok: false
      readonly code: 'WORKFLOW_INVALID' | 'WORKFLOW_DEPENDENCY_MISSING'
      readonly reason: string
      readonly stack: string
      readonly missing: MissingImport | null
      readonly fatal: boolean
    }

const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

/**
 * Loads a bundle in a thread of its own, so that an endless loop, `process.exit` or a throw in somebody's
 * file hurts nobody. What the file prints while it loads is dropped.
 * @throws The reason of the signal.
 */
export async function probe(bundlePath: string, limits: ProbeLimits = {}): Promise<ProbeResult> {
  const { timeoutMs = 10_000, memoryMiB = 256, signal } = limits
  signal?.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<ProbeResult>()
  const worker = new Worker(new URL(`./probeWorker.${EXTENSION}`, import.meta.url), {
    workerData: { bundlePath },
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: memoryMiB },
  })
  const timer = setTimeout(() => {
    resolve(broken(`it does not finish loading within ${timeoutMs / 1000} s (an endless loop?)`))
  }, timeoutMs)
  worker.once('message', (answer: ProbeAnswer) => resolve(answer.ok ? answer : { ...answer, fatal: false }))
  worker.once('error', (error: NodeJS.ErrnoException) => {
    const memory = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    resolve(
      broken(
        memory ? `it needs more than ${memoryMiB} MiB of memory to load` : `it throws: ${error.message}`,
      ),
    )
  })
  worker.once('exit', () => resolve(broken('it ends the process while it is loaded (process.exit)')))
  const giveUp = (): void => reject(signal?.reason)
  signal?.addEventListener('abort', giveUp)
  try {
    return await promise
  } finally {
    signal?.removeEventListener('abort', giveUp)
    clearTimeout(timer)
    await worker.terminate()
  }
}

function broken(reason: string): ProbeResult {
  return { ok: false, code: 'WORKFLOW_INVALID', reason, stack: '', missing: null, fatal: true }
}
