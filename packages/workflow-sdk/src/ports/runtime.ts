import type { AnyWorkflow } from '../define/WorkflowDefinition.ts'

/** A project as the engine needs it. */
export interface ProjectInfo {
  readonly id: string
  readonly name: string
  /** Absolute path of its root. */
  readonly path: string
}

/** Where definitions come from; `@holdfast/runtime` supplies it. */
export interface DefinitionPort {
  /**
   * The code of one immutable version (R7).
   * @throws WorkflowError `WORKFLOW_NOT_FOUND`, `WORKFLOW_INVALID`, `WORKFLOW_DEPENDENCY_MISSING`.
   */
  load(version: {
    readonly projectId: string
    readonly workflowId: string
    readonly workflowName: string
    readonly version: number
  }): Promise<AnyWorkflow>
  /** The current version of a workflow by its name, for `child`. */
  current(
    projectId: string,
    name: string,
  ): Promise<{ readonly workflowId: string; readonly version: number; readonly definition: AnyWorkflow }>
  project(projectId: string): Promise<ProjectInfo>
}

/** One line of a log. */
export interface LogLine {
  readonly runId: string
  readonly stepId: string | null
  readonly stepNumber: number | null
  readonly stepName: string | null
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'
  readonly message: string
  readonly data: Readonly<Record<string, unknown>> | null
}

/** Files that belong to runs (contracts §1, "Files in a user's project"). */
export interface RunFilesPort {
  /** Writes to the log files and tables; never throws into a run, and never makes it wait. */
  log(line: LogLine): void
  /** Resolves when every line so far is written. */
  flushLogs(runId: string): Promise<void>
  /** Path of a run's log file, relative to the project's root. */
  runLogPath(project: ProjectInfo, runId: string): string
  /** Path of a step's log file, relative to the project's root. */
  stepLogPath(project: ProjectInfo, runId: string, stepNumber: number, stepName: string): string
  /** Path of an agent session's file: absolute and relative to the project's root. The folder exists afterwards. */
  sessionFile(
    project: ProjectInfo,
    runId: string,
    stepId: string,
    name: string,
  ): Promise<{ readonly absolute: string; readonly relative: string }>
  /** Copies a file or content into the run's folder, durably. Answers the path relative to the project's root. */
  storeArtifact(
    project: ProjectInfo,
    artifact: {
      readonly runId: string
      readonly stepId: string | null
      readonly name: string
      readonly file: string | null
      readonly content: string | Uint8Array | null
    },
  ): Promise<{ readonly storagePath: string; readonly sizeBytes: number; readonly mimeType: string }>
}
