import type { BenchEngine, OpenRequest } from '../../adapter.ts'
import type { ProgramInput } from '../../workloads/programs.ts'
import { contextOf, type Checkpointer, type LangGraphModule } from './api.ts'

/** Starts that wait for their run's end, as a caller's pool of workers would. */
const STARTS_AT_ONCE = 50
const NO_LIMIT = 1_000_000

/** What an engine is made of. */
export interface EngineParts {
  readonly module: LangGraphModule
  readonly checkpointer: Checkpointer
  readonly request: OpenRequest
  /** Threads that the checkpointer knows. */
  readonly threads: readonly string[]
}

/**
 * LangGraph has no scheduler: the caller invokes each run and waits for it, and invokes it again after a crash.
 * The durability mode is `sync`, the strictest; `async` is its default.
 */
export function openEngine({
  module,
  checkpointer,
  request,
  threads,
}: EngineParts): Pick<BenchEngine, 'start' | 'busy' | 'startsAtOnce'> {
  const context = contextOf(module)
  const entrypoints = new Map(
    Object.entries(request.programs).map(([name, program]) => [
      name,
      module.entrypoint({ name, checkpointer }, (input) => program(context, input)),
    ]),
  )
  let busy = 0
  const invoke = async (thread: string, input: ProgramInput | null): Promise<void> => {
    busy++
    const options = { configurable: { thread_id: thread }, durability: 'sync', recursionLimit: NO_LIMIT }
    await entrypoints.get(programOf(thread))?.invoke(input, options)
    busy--
  }
  for (const thread of threads) void invoke(thread, null)
  return {
    startsAtOnce: STARTS_AT_ONCE,
    start: async (name, input) => {
      const ended = invoke(`${name}:${input.key}`, input)
      // That run stands still until its process is killed.
      if (name !== 'resume') await ended
    },
    busy: () => busy,
  }
}

/** The threads that a dead process left. @throws Error when nothing of its run was written down. */
export function kept(threads: readonly string[]): readonly string[] {
  if (threads.length === 0)
    throw new Error('The run is lost: nothing of it was in the database when its process was killed.')
  return threads
}

function programOf(thread: string): string {
  return thread.slice(0, thread.indexOf(':'))
}
