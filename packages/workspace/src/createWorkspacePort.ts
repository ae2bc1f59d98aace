import { tmpdir } from 'node:os'
import type { WorkspacePort } from '@holdfast/workflow-sdk/ports'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { createCarePort } from './care/createCarePort.ts'
import { createFilesPort } from './files/createFilesPort.ts'
import { createGitPort } from './git/createGitPort.ts'
import { openRepository } from './git/Repository.ts'
import { resolveRevision } from './git/revisions.ts'
import { treeDiff } from './git/treeDiff.ts'
import { KILL_AFTER_MS } from './processes/endGroup.ts'
import { endProcesses } from './processes/endProcesses.ts'
import type { Environment } from './processes/environment.ts'
import { hostIdentity } from './processes/hostIdentity.ts'
import { RUN_VARIABLE } from './processes/marker.ts'
import { thisHost } from './processes/processIdentity.ts'
import { runShell } from './shell/runShell.ts'
import { contentChanges } from './snapshots/contentChanges.ts'
import { facts } from './snapshots/facts.ts'
import { fingerprint } from './snapshots/fingerprint.ts'
import { keepTrees } from './snapshots/keepTrees.ts'
import { OwnIndex } from './snapshots/OwnIndex.ts'
import { restore } from './snapshots/restore.ts'
import { snapshot } from './snapshots/snapshot.ts'
import { checkWorkspace } from './worktrees/checkWorkspace.ts'
import { cleanWorkspace } from './worktrees/cleanWorkspace.ts'
import { confirmWorkspace } from './worktrees/confirmWorkspace.ts'
import { openWorkspace } from './worktrees/openWorkspace.ts'
import { prepareWorkspace } from './worktrees/prepareWorkspace.ts'

/** What may be set about a workspace port. */
export interface WorkspacePortOptions {
  /** Environment of commands and git, and where tokens are looked up; default that of this process. */
  readonly environment?: Environment
  /** From SIGTERM to SIGKILL, in milliseconds; default 5,000. */
  readonly killAfterMs?: number
  /** Absolute folder for workspaces of kind `temporary`; default that of the system. */
  readonly temporaryFolder?: string
  /** Absolute folder that keeps a made-up host id on machines without `/etc/machine-id`. */
  readonly stateFolder?: string
}

/** Git, worktrees, tree snapshots, files, shell and processes of this machine, as the engine calls them. */
export function createWorkspacePort(options: WorkspacePortOptions = {}): WorkspacePort {
  const settings = {
    environment: options.environment ?? process.env,
    killAfterMs: options.killAfterMs ?? KILL_AFTER_MS,
    temporaryFolder: options.temporaryFolder ?? tmpdir(),
  }
  const { hostId, bootId } =
    options.stateFolder === undefined ? thisHost() : hostIdentity(options.stateFolder)
  const index = new OwnIndex()
  return {
    check: (request) => checkWorkspace(settings, request),
    prepare: (request) => prepareWorkspace(settings, request),
    open: (workspace) => openWorkspace(settings, workspace),
    confirm: confirmWorkspace,
    clean: (workspace) => cleanWorkspace(settings, workspace),
    facts: async (path, initialCommit) =>
      await facts(await openRepository(settings, path), index, initialCommit),
    async snapshot(path, name, last) {
      try {
        return await snapshot(await openRepository(settings, path), index, name, last)
      } catch (error) {
        if (WorkflowError.has(error, 'NOT_A_GIT_REPOSITORY')) return null
        throw error
      }
    },
    restore: async (path, treeId) => await restore(await openRepository(settings, path), index, treeId),
    keepTrees: (request) => keepTrees(settings, request),
    async changedFiles(path, fromTree, toTree) {
      const repository = await openRepository(settings, path)
      const from = await resolveRevision(repository, fromTree, 'tree')
      return await treeDiff(repository, from, await resolveRevision(repository, toTree, 'tree'))
    },
    fingerprint: async (path, treeId, paths) =>
      await fingerprint(await openRepository(settings, path), treeId, paths),
    contentChanges: async (path, fromTree, toTree) =>
      await contentChanges(await openRepository(settings, path), fromTree, toTree),
    shell: (request) => runShell(request, settings),
    git: createGitPort(settings, index),
    files: createFilesPort(settings),
    care: createCarePort(settings, index),
    async endProcesses(runId, known) {
      const here = known.filter((one) => one.hostId === hostId && one.bootId === bootId)
      const variable = { name: RUN_VARIABLE, value: runId }
      return await endProcesses({ variable, known: here, killAfterMs: settings.killAfterMs })
    },
  }
}
