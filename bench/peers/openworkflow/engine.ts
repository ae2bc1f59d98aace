import type { BenchEngine, OpenRequest } from '../../adapter.ts'
import type { Program, ProgramName } from '../../workloads/programs.ts'
import type { Backend, OpenWorkflowModule } from './api.ts'

/** Rows of `workflow_runs` that are parked: they wait and no worker holds them. */
export const WAITING = `worker_id is null and status in ('running', 'sleeping')`
/** Rows of `workflow_runs` that have neither ended nor are parked. */
export const BUSY = `status = 'pending' or (worker_id is not null and status in ('running', 'sleeping'))`

/** What an engine is made of. */
export interface EngineParts {
  readonly module: OpenWorkflowModule
  readonly backend: Backend
  readonly request: OpenRequest
  /** Runs that the worker executes at once, at most. */
  readonly mostRuns: number
}

/** Defines every program and starts a worker; what is the same on each of the stores. */
export async function openEngine(parts: EngineParts): Promise<Pick<BenchEngine, 'start' | 'close'>> {
  const { module, backend, request, mostRuns } = parts
  const client = new module.OpenWorkflow({ backend })
  const define = (name: string, program: Program) =>
    client.defineWorkflow({ name }, ({ input, step }) =>
      program(
        {
          step: (of, body) => step.run({ name: of }, body),
          sleep: (milliseconds) => step.sleep('sleep', `${Math.round(milliseconds / 1000)}s`),
        },
        input,
      ),
    )
  const defined = new Map(
    Object.entries(request.programs).map(([name, program]) => [name, define(name, program)]),
  )
  const worker = client.newWorker({ concurrency: Math.min(request.concurrency, mostRuns) })
  await worker.start()
  return {
    start: async (name: ProgramName, input) => {
      await defined.get(name)?.run(input)
    },
    close: async () => {
      await worker.stop()
      await backend.stop()
    },
  }
}
