import { join, relative } from 'node:path'
import type { ProjectInfo } from '@holdfast/workflow-sdk/ports'
import { projectPaths } from '../project/paths.ts'
import { safeName } from './names.ts'

/** Folder of a run, absolute (contracts §1). */
export function runFolder(project: ProjectInfo, runId: string): string {
  return join(projectPaths(project.path).executions, safeName(runId))
}

/** Log of a run, absolute: every line of it, those of its steps too. */
export function runLogFile(project: ProjectInfo, runId: string): string {
  return join(runFolder(project, runId), 'logs', 'execution.log')
}

/** Log of one step, absolute. */
export function stepLogFile(project: ProjectInfo, runId: string, stepNumber: number, name: string): string {
  return join(runFolder(project, runId), 'logs', `step-${stepNumber}-${safeName(name)}.log`)
}

/** Folder of a step's artifacts, or of those of the run outside of steps, absolute. */
export function artifactFolder(project: ProjectInfo, runId: string, stepId: string | null): string {
  return join(runFolder(project, runId), 'artifacts', stepId === null ? 'execution' : safeName(stepId))
}

/** Path relative to the project's root with `/`: the form in which the database keeps it. */
export function inProject(project: ProjectInfo, path: string): string {
  return relative(project.path, path).replaceAll('\\', '/')
}
