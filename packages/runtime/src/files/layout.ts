import { join, relative } from 'node:path'
import type { ProjectInfo } from '@holdfast/workflow-sdk/ports'
import type { IWorkflowStore } from '@holdfast/store/contract'
import { projectPaths } from '../project/paths.ts'
import { safeName } from './names.ts'

/** Folder that holds one folder per run, absolute: that of a store in files, else below `.agent/` of the project. */
export function executionsOf(store: Pick<IWorkflowStore, 'description'>, project: ProjectInfo): string {
  const { description } = store
  return description.startsWith('file:')
    ? description.slice('file:'.length)
    : projectPaths(project.path).executions
}

/** Folder of a run, absolute (contracts §1). */
export function runFolder(executions: string, runId: string): string {
  return join(executions, safeName(runId))
}

/** Log of a run, absolute: every line of it, those of its steps too. */
export function runLogFile(executions: string, runId: string): string {
  return join(runFolder(executions, runId), 'logs', 'execution.log')
}

/** Log of one step, absolute. */
export function stepLogFile(executions: string, runId: string, stepNumber: number, name: string): string {
  return join(runFolder(executions, runId), 'logs', `step-${stepNumber}-${safeName(name)}.log`)
}

/** Folder of a step's artifacts, or of those of the run outside of steps, absolute. */
export function artifactFolder(executions: string, runId: string, stepId: string | null): string {
  return join(runFolder(executions, runId), 'artifacts', stepId === null ? 'execution' : safeName(stepId))
}

/** Path relative to the project's root with `/`: the form in which the database keeps it. */
export function inProject(project: ProjectInfo, path: string): string {
  return relative(project.path, path).replaceAll('\\', '/')
}
