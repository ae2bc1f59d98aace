import type { EventOf, EventPayloads } from '@holdfast/workflow-sdk/journal'
import type { ForkPoint } from './readForkPoint.ts'

/** A state of the files that git has. */
export type KeptFiles =
  | { readonly kind: 'checkpoint'; readonly commit: string; readonly ref: string }
  /** The commit that the run began with, and nothing else. */
  | { readonly kind: 'commit'; readonly commit: string }

/** What the journal says of the files when a step began. */
export interface FilesAt {
  /** Exactly as they were; null where that is not known. */
  readonly exact: KeptFiles | null
  /** The nearest state before; null where there is none at all. */
  readonly nearest: KeptFiles | null
  /** Why there is no exact one. */
  readonly why: string | null
}

/**
 * The files when a step began (W4): the tree that was kept before it, or before the next step that wrote, as long as
 * nothing wrote in between; else the last one that was kept, as long as nothing wrote since.
 */
export function filesAt(point: ForkPoint): FilesAt {
  const { before, index, workspace } = point
  const origin = index.created?.forkedFrom
  let state: KeptFiles | null = beginning(workspace, index.created)
  let nearest: KeptFiles | null = state ?? initialCommit(workspace)
  const writing = new Map<string, string>()
  let treeId: string | null = null
  let why = 'the run began with uncommitted changes, and no step has kept them since'
  for (const event of before) {
    if (event.type === 'checkpoint.taken' && event.payload.exact) {
      state = nearest = checkpoint(event.payload)
      treeId = event.payload.treeId
    } else if (event.type === 'step.started' && event.payload.writes === 'workspace') {
      writing.set(event.payload.key, event.payload.name)
    } else if (isEndOfStep(event)) {
      const { key } = event.payload
      const name = writing.get(key)
      if (name === undefined || !writing.delete(key)) continue
      const kept = event.type === 'step.completed' ? event.payload.treeId : undefined
      if (kept !== undefined && (treeId === null || treeId === kept)) continue
      state = null
      why = `no exact tree was kept after step "${name}"`
    }
    // What a fork takes over ends with the files that it begins with.
    if (event.sequence === origin?.throughSequence && origin.files !== null) {
      nearest = { kind: 'checkpoint', commit: origin.files.commit, ref: origin.files.ref }
      state = origin.files.exact ? nearest : null
      why = 'the run was forked with the nearest files'
      treeId = null
      writing.clear()
    }
  }
  const around = [...writing.keys()].filter((key) => point.step?.key.startsWith(`${key}@`) === true)
  for (const key of around) writing.delete(key)
  if (writing.size > 0) {
    const names = [...writing.values()].map((name) => `"${name}"`)
    return { exact: null, nearest, why: `${names.join(', ')} wrote at the same time` }
  }
  const next = nextKept(point)
  const exact = next ?? state
  return { exact, nearest: exact ?? nearest, why: exact === null ? why : null }
}

/** The tree that the step, or the first one after it that writes, began with. */
function nextKept({ after }: ForkPoint): KeptFiles | null {
  let writer: string | null = null
  for (const event of after) {
    if (event.type === 'step.started' && event.payload.writes === 'workspace') {
      if (writer !== null) return null
      writer = event.payload.key
    } else if (event.type === 'checkpoint.taken' && event.payload.stepKey === writer) {
      return event.payload.when === 'before' && event.payload.exact ? checkpoint(event.payload) : null
    } else if (isEndOfStep(event) && event.payload.key === writer) return null
  }
  return null
}

type Workspace = EventPayloads['workspace.created'] | null

/** A workspace of the run's own begins with a commit; a project that had to be clean does so too. */
function beginning(workspace: Workspace, created: EventPayloads['run.created'] | null): KeptFiles | null {
  if (workspace === null || created === null) return null
  const shared = created.workspaceId !== null || (workspace.kind === 'project' && created.allowDirty)
  return shared || created.forkedFrom !== undefined ? null : initialCommit(workspace)
}

function initialCommit(workspace: Workspace): KeptFiles | null {
  const commit = workspace?.git.initialCommit ?? null
  return commit === null ? null : { kind: 'commit', commit }
}

function checkpoint({ commit, ref }: EventPayloads['checkpoint.taken']): KeptFiles {
  return { kind: 'checkpoint', commit, ref }
}

type StepEnd = EventOf<'step.completed' | 'step.failed' | 'step.cancelled' | 'step.skipped' | 'step.retrying'>

function isEndOfStep(event: { readonly type: string }): event is StepEnd {
  return (
    event.type === 'step.completed' ||
    event.type === 'step.failed' ||
    event.type === 'step.cancelled' ||
    event.type === 'step.skipped' ||
    event.type === 'step.retrying'
  )
}
