import { randomUUID } from 'node:crypto'
import { relative, isAbsolute, resolve } from 'node:path'
import type { ClaimedRun, WorkspaceRow } from '@holdfast/store/contract'
import { journalEvent } from '@holdfast/workflow-sdk/journal'
import type { PreparedWorkspace, ProjectInfo, WorkspacePort } from '@holdfast/workflow-sdk/ports'
import type { EngineDependencies } from '../dependencies.ts'
import { groupPlace } from './lostWorkspace.ts'
import { derivedUuid } from '../identity/derive.ts'
import type { JournalIndex } from '../journal/JournalIndex.ts'

/**
 * The absolute path in which a run works. The first claim prepares the workspace and writes it down; later
 * ones read that. Its id comes from the run, so that a crash in between prepares it once.
 * @throws WorkflowError `NOT_A_GIT_REPOSITORY`, `WORKSPACE_DIRTY`, `GIT_FAILED`; `WORKSPACE_LOST` when it is that
 *   of another run and gone.
 */
export async function openWorkspace(
  run: { readonly claim: ClaimedRun; readonly index: JournalIndex; readonly project: ProjectInfo },
  deps: EngineDependencies,
): Promise<string> {
  const { claim, index, project } = run
  const { workspace, store } = deps
  const { created } = index
  if (workspace === null || created === null) return project.path
  // Whether it is still there is found out by the steps that need it.
  if (index.workspace !== null) return absolute(project, index.workspace.path)
  const inherited = created.workspaceId === null ? null : await store.getWorkspace(created.workspaceId)
  const files = created.forkedFrom?.files ?? null
  const prepared =
    inherited === null
      ? await workspace.prepare({
          runId: claim.run.id,
          workspaceId: derivedUuid(claim.run.id, 'workspace'),
          projectPath: project.path,
          kind: created.workspaceKind,
          allowDirty: created.allowDirty,
          ...(files === null ? {} : { from: { commit: files.commit, head: files.head } }),
        })
      : await inherit(inherited, absolute(project, inherited.path), workspace)
  // What a fork changed is counted from where its original began.
  const git = files === null ? prepared.git : { ...prepared.git, initialCommit: files.initialCommit }
  const path = relative(project.path, prepared.path)
  const event = journalEvent('workspace.created', {
    workspaceId: prepared.workspaceId,
    kind: prepared.kind,
    path: path.startsWith('..') || isAbsolute(path) ? prepared.path : path || '.',
    branch: prepared.branch,
    hostId:
      deps.workspaceGroup === null || prepared.kind === 'temporary'
        ? deps.host.hostId
        : groupPlace(deps.workspaceGroup),
    persistent: true,
    git,
  })
  const receipt = await store.appendAsOwner({
    runId: claim.run.id,
    ownerToken: claim.ownerToken,
    appendId: randomUUID(),
    events: [
      event,
      journalEvent('run.updated', { logFilePath: deps.files.runLogPath(project, claim.run.id) }),
    ],
  })
  for (const appended of await store.listWorkflowEvents({
    runId: claim.run.id,
    afterSequence: index.sequence,
    limit: receipt.last - index.sequence,
  }))
    index.apply(appended)
  for (const note of prepared.notes)
    deps.files.log({
      runId: claim.run.id,
      stepId: null,
      stepNumber: null,
      stepName: null,
      level: 'warn',
      message: note,
      data: null,
    })
  return prepared.path
}

function absolute(project: ProjectInfo, path: string): string {
  return resolve(project.path, path)
}

/** A workspace that another run prepared: what changes from now on belongs to this run. */
async function inherit(
  row: WorkspaceRow,
  path: string,
  workspace: WorkspacePort,
): Promise<PreparedWorkspace> {
  await workspace.open({ path, kind: row.kind, branch: row.branch, kept: null })
  const initialCommit = await workspace.git.getCurrentCommit(path)
  const { repo = null, branch = null } = await workspace.facts(path, initialCommit)
  return {
    workspaceId: row.id,
    kind: row.kind,
    path,
    branch,
    git: { repo, branch, initialCommit },
    notes: [],
  }
}
