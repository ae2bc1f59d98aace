import { createHostPort, createWorkspacePort } from '@holdfast/workspace'
import type { HoldfastConfig } from '../config/defineConfig.ts'
import type { OpenProject } from '../project/openProject.ts'
import type { CareParts } from './listWorkspaces.ts'

const DAY_MS = 86_400_000

/** How long kept trees stay after their run has ended, where the configuration does not say. */
const DEFAULT_KEEP_DAYS = 30

/** The parts for the care of an open project's workspaces. */
export function careOf({
  store,
  project,
  config,
}: Pick<OpenProject, 'store' | 'project' | 'config'>): CareParts {
  const group = config.worker?.workspaceGroup
  const { hostId } = createHostPort()
  const places = group === undefined ? [hostId] : [hostId, `group:${group}`]
  return { store, project, workspace: createWorkspacePort(), places }
}

/** Milliseconds for which kept trees stay after their run has ended. */
export function keepTreesMs(config: HoldfastConfig): number {
  return (config.checkpoints?.keepDays ?? DEFAULT_KEEP_DAYS) * DAY_MS
}
