import { existsSync } from 'node:fs'
import { mkdir, realpath, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { PreparedWorkspace, PrepareWorkspace } from '@holdfast/workflow-sdk/ports'
import { currentCommit } from '../git/branches.ts'
import { remoteNames, remoteUrl } from '../git/remotes.ts'
import { openRepository, type Repository } from '../git/Repository.ts'
import { runGit } from '../git/runGit.ts'
import { status } from '../git/status.ts'
import { placeFacts } from '../snapshots/facts.ts'
import { ownBranch } from './ownBranch.ts'
import type { WorkspaceSettings } from './prepareWorkspace.ts'
import { nameFiles } from './refuseDirty.ts'

/** Begins the names of folders that this room made in the temporary folder, and may remove. */
export const TEMPORARY_PREFIX = 'holdfast-'

/** A clone of the project in the temporary folder, on a branch of its own from HEAD. */
export async function prepareTemporary(
  settings: WorkspaceSettings,
  project: Repository,
  request: PrepareWorkspace,
): Promise<PreparedWorkspace> {
  await mkdir(settings.temporaryFolder, { recursive: true })
  const folder = await realpath(settings.temporaryFolder)
  const root = join(folder, `${TEMPORARY_PREFIX}${request.workspaceId}`)
  // The name is given last: what has it is complete.
  if (!existsSync(root)) await make(settings, project, request.workspaceId, root)
  const clone = await openRepository(settings, root)
  const git = await placeFacts(clone)
  const start = await clone.read(['config', '--get', 'holdfast.initialCommit'])
  return {
    workspaceId: request.workspaceId,
    kind: 'temporary',
    path: join(root, project.prefix),
    branch: git.branch,
    git: { ...git, initialCommit: start.stdout.trim() },
    notes: await notesOn(project),
  }
}

async function make(
  settings: WorkspaceSettings,
  project: Repository,
  workspaceId: string,
  root: string,
): Promise<void> {
  const partial = `${root}.partial`
  const head = await currentCommit(project)
  await rm(partial, { recursive: true, force: true })
  const clone = ['clone', '--quiet', '--no-checkout', '--', project.commonDir, partial]
  await runGit(settings, { cwd: project.root, args: clone })
  const made = await openRepository(settings, partial)
  const branch = await ownBranch(made, workspaceId)
  await made.write(['switch', '--quiet', '--no-track', '-c', branch, head])
  await made.write(['config', 'holdfast.initialCommit', head])
  await copySettings(project, made)
  await rename(partial, root)
}

/** Remotes, so that a push goes where the project's goes, and the committer. Without a remote it is the project. */
async function copySettings(project: Repository, clone: Repository): Promise<void> {
  for (const remote of await remoteNames(project)) {
    const url = await remoteUrl(project, remote)
    if (url !== null) await clone.write(['config', `remote.${remote}.url`, url])
    await clone.write(['config', `remote.${remote}.fetch`, `+refs/heads/*:refs/remotes/${remote}/*`])
  }
  for (const name of ['user.name', 'user.email']) {
    const own = await project.read(['config', '--local', '--get', name], { accept: [0, 1] })
    if (own.exitCode === 0) await clone.write(['config', name, own.stdout.replace(/\n$/, '')])
  }
}

async function notesOn(project: Repository): Promise<string[]> {
  const { files } = await status(project)
  const left = `The clone starts from HEAD and leaves out uncommitted changes in ${nameFiles(files)}.`
  const remotes = await remoteNames(project)
  const target = 'The project has no remote: a push of the clone goes to the project itself.'
  return [...(files.length === 0 ? [] : [left]), ...(remotes.length === 0 ? [target] : [])]
}
