import type { BenchContext, ProgramInput } from '../../workloads/programs.ts'

/** What keeps the results of a thread's steps. */
export type Checkpointer = object

/** A workflow as LangGraph has it. Null as input goes on with the thread. */
export interface Entrypoint {
  invoke(
    input: ProgramInput | null,
    options: { configurable: { thread_id: string }; durability: string; recursionLimit: number },
  ): Promise<unknown>
}

/** A step's body, hidden from what LangGraph writes down. */
export interface HiddenBody {
  readonly body: () => unknown
  toJSON(): null
}

/** What the benchmark uses of `@langchain/langgraph`. */
export interface LangGraphModule {
  entrypoint(
    options: { name: string; checkpointer: Checkpointer },
    body: (input: ProgramInput) => Promise<unknown>,
  ): Entrypoint
  task(name: string, body: (of: HiddenBody) => Promise<unknown>): (of: HiddenBody) => Promise<unknown>
  interrupt(value: string): unknown
}

/** A database of `better-sqlite3`, as far as it is used. */
export interface BetterSqlite {
  pragma(text: string): unknown
  prepare(sql: string): { all(): Record<string, unknown>[] }
  close(): void
}

/** What the benchmark uses of `better-sqlite3`. */
export interface BetterSqliteModule {
  readonly default: new (path: string) => BetterSqlite
}

/** What the benchmark uses of `@langchain/langgraph-checkpoint-sqlite`. */
export interface SqliteSaverModule {
  readonly SqliteSaver: new (db: BetterSqlite) => Checkpointer
}

/** What the benchmark uses of `@langchain/langgraph-checkpoint-postgres`. */
export interface PostgresSaverModule {
  readonly PostgresSaver: {
    fromConnString(url: string): Checkpointer & { setup(): Promise<void>; end(): Promise<void> }
  }
}

/** The context of a program, made of LangGraph's functional API. */
export function contextOf(module: LangGraphModule): BenchContext {
  const step = module.task('step', async ({ body }) => body())
  return {
    step: (_name, body) => step({ body, toJSON: () => null }),
    // There are no timers: a run waits for its caller, who would have to keep the time.
    sleep: async () => void module.interrupt('sleep'),
  }
}
