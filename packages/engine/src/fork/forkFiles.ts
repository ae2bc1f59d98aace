import { resolve } from 'node:path'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { ForkOrigin } from '@holdfast/workflow-sdk/journal'
import type { EngineDependencies } from '../dependencies.ts'
import { filesAt, type FilesAt, type KeptFiles } from './filesAt.ts'
import type { ForkPoint } from './readForkPoint.ts'

/** The files that a fork begins with. */
export interface ForkFiles {
  readonly kept: KeptFiles
  readonly exact: boolean
  /** What a person should know of them. */
  readonly note: string | null
}

/** Finds the files of a fork point; null where the run has none. @throws WorkflowError `CHECKPOINT_MISSING`. */
export function filesFor(point: ForkPoint, nearest: boolean): ForkFiles | null {
  if (point.workspace === null && point.index.created?.forkedFrom?.files == null) return null
  const files = filesAt(point)
  if (files.exact !== null) return { kept: files.exact, exact: true, note: null }
  if (!nearest || files.nearest === null) throw checkpointMissing(point, files)
  return {
    kept: files.nearest,
    exact: false,
    note: `The files are the nearest that were kept, not exactly those ${placeOf(point)}: ${files.why}.`,
  }
}

/** Gives what the fork needs refs of its own, so that the original may be pruned. @throws `CHECKPOINT_MISSING`. */
export async function keepFiles(
  id: string,
  point: ForkPoint,
  files: ForkFiles | null,
  deps: EngineDependencies,
): Promise<{ readonly refs: ReadonlyMap<string, string>; readonly files: ForkOrigin['files'] }> {
  const { workspace } = deps
  const { created } = point.index
  const made = point.workspace
  if (files === null || workspace === null || created === null) return { refs: new Map(), files: null }
  const project = await deps.definitions.project(created.projectId)
  const source = resolve(project.path, made?.path ?? '.')
  const trees = point.before.flatMap((event) => (event.type === 'checkpoint.taken' ? [event.payload] : []))
  const { start, head, refs } = await workspace.keepTrees({
    projectPath: project.path,
    sourcePath: source,
    runId: id,
    start: { commit: files.kept.commit, ref: files.kept.kind === 'checkpoint' ? files.kept.ref : null },
    trees,
  })
  if (start === null) {
    throw new WorkflowError(
      'CHECKPOINT_MISSING',
      `The files ${placeOf(point)} were kept as commit ${files.kept.commit}, which git does not have any more: it was pruned, or its repository is gone. Fork from another step, or start the workflow anew.`,
      { details: { runId: point.runId, step: point.step?.key ?? null, commit: files.kept.commit } },
    )
  }
  const { commit } = files.kept
  const initialCommit = made?.git.initialCommit ?? created.forkedFrom?.files?.initialCommit ?? null
  return { refs, files: { commit, ref: start, head, initialCommit, exact: files.exact } }
}

function checkpointMissing(point: ForkPoint, files: FilesAt): WorkflowError {
  const way =
    files.nearest === null
      ? 'There is none before it either: fork from a later step, or start the workflow anew.'
      : 'Fork from another step, or take the nearest files with --nearest.'
  return new WorkflowError(
    'CHECKPOINT_MISSING',
    `The files as they were ${placeOf(point)} of run ${point.runId} are not kept exactly: ${files.why}. ${way}`,
    { details: { runId: point.runId, step: point.step?.key ?? null } },
  )
}

function placeOf({ step }: ForkPoint): string {
  return step === null ? 'at the end' : `before step "${step.name}"`
}
