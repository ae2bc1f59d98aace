import type { WorkspaceCarePort } from '@holdfast/workflow-sdk/ports'
import { openRepository } from '../git/Repository.ts'
import type { OwnIndex } from '../snapshots/OwnIndex.ts'
import type { WorkspaceSettings } from '../worktrees/prepareWorkspace.ts'
import { inventory } from './inventory.ts'
import { keepAside } from './keepAside.ts'
import { dropTrees } from './keptTrees.ts'

/** See `WorkspaceCarePort`. */
export function createCarePort(settings: WorkspaceSettings, index: OwnIndex): WorkspaceCarePort {
  return {
    inventory: (projectPath, known) => inventory(settings, projectPath, known),
    keepAside: (projectPath, workspace) => keepAside(settings, index, projectPath, workspace),
    removeBranch: async (projectPath, { name, commit }) => {
      const project = await openRepository(settings, projectPath)
      await project.write(['update-ref', '-d', `refs/heads/${name}`, commit])
    },
    dropTrees: async (projectPath, runIds) => dropTrees(await openRepository(settings, projectPath), runIds),
    forgetGone: async (projectPath) => {
      const project = await openRepository(settings, projectPath)
      await project.write(['worktree', 'prune', '--expire=now'])
    },
  }
}
