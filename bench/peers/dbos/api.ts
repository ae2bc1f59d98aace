import type { ProgramInput } from '../../workloads/programs.ts'

/** What the benchmark uses of `@dbos-inc/dbos-sdk`. */
export interface DbosModule {
  readonly DBOS: {
    setConfig(config: {
      name: string
      systemDatabaseUrl: string
      logLevel: string
      runAdminServer: boolean
      applicationVersion: string
    }): void
    registerWorkflow(body: Workflow, options: { name: string }): Workflow
    launch(): Promise<void>
    startWorkflow(workflow: Workflow): (input: ProgramInput) => Promise<unknown>
    runStep(body: () => Promise<unknown>, options: { name: string }): Promise<unknown>
    sleep(milliseconds: number): Promise<void>
  }
}

/** Code of a run. */
export type Workflow = (input: ProgramInput) => Promise<unknown>
