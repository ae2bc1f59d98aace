import { join } from 'node:path'
import type { IWorkflowStore } from '@holdfast/store/contract'
import type { LogLine, ProjectInfo, RunFilesPort } from '@holdfast/workflow-sdk/ports'
import { artifactFolder, executionsOf, inProject, runLogFile, stepLogFile } from './layout.ts'
import { LogWriter } from './LogWriter.ts'
import { safeName } from './names.ts'
import { ownFolder, refuseLink } from './ownFolder.ts'
import { storeArtifact } from './storeArtifact.ts'

/** What the files of runs need. */
export interface RunFilesOptions {
  readonly store: IWorkflowStore
  readonly project: (projectId: string) => Promise<ProjectInfo>
  /** Largest artifact in bytes; default 1 GiB. */
  readonly maxArtifactBytes?: number
  /** Told about what could not be written and does not concern the run. */
  readonly onTrouble: (message: string) => void
  /** Hears each line, e.g. to show it. */
  readonly onLog?: (line: LogLine) => void
}

const DEFAULT_MAX_ARTIFACT_BYTES = 1024 ** 3

/** The files of runs: logs, artifacts, sessions, each run in a folder of its own. */
export class RunFiles implements RunFilesPort {
  readonly #options: RunFilesOptions
  readonly #logs: LogWriter
  readonly #projects = new Map<string, Promise<ProjectInfo>>()

  constructor(options: RunFilesOptions) {
    this.#options = options
    this.#logs = new LogWriter({
      store: options.store,
      projectOf: (runId) => this.projectOf(runId),
      onTrouble: options.onTrouble,
    })
  }

  log(line: LogLine): void {
    this.#logs.write(line)
    this.#options.onLog?.(line)
  }

  async flushLogs(): Promise<void> {
    await this.#logs.flush()
  }

  runLogPath(project: ProjectInfo, runId: string): string {
    return inProject(project, runLogFile(this.#executions(project), runId))
  }

  stepLogPath(project: ProjectInfo, runId: string, stepNumber: number, stepName: string): string {
    return inProject(project, stepLogFile(this.#executions(project), runId, stepNumber, stepName))
  }

  async sessionFile(
    project: ProjectInfo,
    runId: string,
    stepId: string,
    name: string,
  ): Promise<{ readonly absolute: string; readonly relative: string }> {
    const executions = this.#executions(project)
    const folder = artifactFolder(executions, runId, stepId)
    await ownFolder(executions, folder)
    const absolute = join(folder, `${safeName(name)}.session.jsonl`)
    const link = await refuseLink(absolute)
    if (link !== null) throw link
    return { absolute, relative: inProject(project, absolute) }
  }

  async storeArtifact(
    project: ProjectInfo,
    artifact: Parameters<RunFilesPort['storeArtifact']>[1],
  ): Promise<{ readonly storagePath: string; readonly sizeBytes: number; readonly mimeType: string }> {
    const executions = this.#executions(project)
    const folder = artifactFolder(executions, artifact.runId, artifact.stepId)
    return await storeArtifact({
      root: project.path,
      executions,
      folder,
      name: artifact.name,
      file: artifact.file,
      content: artifact.content,
      maxBytes: this.#options.maxArtifactBytes ?? DEFAULT_MAX_ARTIFACT_BYTES,
    })
  }

  /** The project of a run; asked once per run. */
  projectOf(runId: string): Promise<ProjectInfo> {
    let project = this.#projects.get(runId)
    if (project === undefined) {
      project = this.#options.store.getWorkflowRun(runId).then((run) => this.#options.project(run.project_id))
      this.#projects.set(runId, project)
      project.catch(() => this.#projects.delete(runId))
      this.#forgetOldest()
    }
    return project
  }

  #executions(project: ProjectInfo): string {
    return executionsOf(this.#options.store, project)
  }

  #forgetOldest(): void {
    const [oldest] = this.#projects.keys()
    if (this.#projects.size > 10_000 && oldest !== undefined) this.#projects.delete(oldest)
  }
}
