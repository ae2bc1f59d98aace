import type { ProgramInput } from '../../workloads/programs.ts'

/** Where OpenWorkflow keeps its runs. */
export interface Backend {
  stop(): Promise<void>
}

/** What the benchmark uses of the package `openworkflow`. */
export interface OpenWorkflowModule {
  readonly OpenWorkflow: new (options: { backend: Backend }) => {
    defineWorkflow(spec: { name: string }, body: WorkflowBody): { run(input: ProgramInput): Promise<unknown> }
    newWorker(options: { concurrency: number }): { start(): Promise<void>; stop(): Promise<void> }
  }
}

/** What the benchmark uses of `openworkflow/sqlite`. */
export interface SqliteModule {
  readonly BackendSqlite: { connect(path: string): Backend }
}

/** What the benchmark uses of `openworkflow/postgres`. */
export interface PostgresModule {
  readonly BackendPostgres: { connect(url: string): Promise<Backend> }
}

type WorkflowBody = (of: { input: ProgramInput; step: Steps }) => Promise<unknown>

interface Steps {
  run(spec: { name: string }, body: () => unknown): Promise<unknown>
  sleep(name: string, duration: string): Promise<void>
}
