import { resolve } from 'node:path'
import { uuidv7 } from 'uuidv7'
import { validateWith, WorkflowError, type JournalEvent } from '@holdfast/workflow-sdk'
import type { EventPayloads, ForkOrigin, StoredValue } from '@holdfast/workflow-sdk/journal'
import type { NewWorkflowRun } from '@holdfast/store/contract'
import type { EngineDependencies } from '../dependencies.ts'
import type { ForkRequest } from '../Engine.ts'
import { toStored } from '../values/stored.ts'
import { filesAt, type FilesAt, type KeptFiles } from './filesAt.ts'
import { identitiesOf } from './identities.ts'
import { planOf, type ActionPlan } from './plan.ts'
import { findStep, readForkPoint, type ForkPoint } from './readForkPoint.ts'
import { takeOver, type Changes } from './takeOver.ts'

type Created = EventPayloads['run.created']

/** A fork that is worked out and not made. */
export interface PreparedFork {
  readonly plan: ActionPlan
  /** What a person should know. */
  readonly notes: readonly string[]
  /** Keeps the trees of the fork, and answers the run to create. */
  make(id: string): Promise<NewWorkflowRun>
}

/**
 * Works out a fork of a run before a step; changes nothing.
 * @throws WorkflowError `RUN_NOT_FOUND`, `STEP_NOT_FOUND`, `CHECKPOINT_MISSING`, `OPTION_INVALID`, `INPUT_INVALID`,
 *   `PLAN_CHANGED`.
 */
export async function prepareFork(
  runId: string,
  request: ForkRequest,
  deps: EngineDependencies,
): Promise<PreparedFork> {
  const { store } = deps
  await store.getWorkflowRun(runId)
  const events = await store.listWorkflowEvents({ runId })
  const point = readForkPoint(runId, events, request.from)
  const { created } = point.index
  if (created === null)
    throw new WorkflowError('JOURNAL_CORRUPT', `The journal of run ${runId} does not begin with run.created.`)
  const outputs = await outputsOf(point, request, deps)
  const changes = { outputs, by: request.by, refs: new Map<string, string>() } satisfies Changes
  const { reused } = takeOver(point, changes)
  const input = await inputOf(created, point, request, deps)
  const files = filesFor(point, request)
  const plan = planOf(events, reused, point.step, [
    'fork',
    runId,
    point.step.key,
    files?.kept.commit ?? null,
    [...outputs],
    input,
  ])
  if (request.planId !== undefined && request.planId !== plan.planId)
    throw planChanged(runId, request.planId, plan)
  const notes = files?.note === null || files === null ? [] : [files.note]
  return {
    plan,
    notes,
    make: async (id) => {
      const kept = await keepFiles(id, point, files, deps)
      const { journal, sequences } = takeOver(point, { ...changes, refs: kept.refs })
      const throughSequence = journal.length + 1
      const now = deps.clock.now()
      const forkedFrom: ForkOrigin = {
        runId,
        stepKey: point.step.key,
        throughSequence,
        beganAt: beganAt(point.before),
        identities: identitiesOf({ runId, forkedFrom: created.forkedFrom }, sequences, throughSequence),
        files: kept.files,
        workspaceId: point.workspace?.workspaceId ?? created.forkedFrom?.workspaceId ?? null,
      }
      return {
        ...withoutKeys(created),
        id,
        ...(input === null ? {} : { input: input.stored, taskInput: input.text }),
        workflowVersion: point.index.version,
        parentRunId: null,
        parentKey: null,
        previousRunId: null,
        workspaceId: null,
        workspaceKind: kept.files === null ? created.workspaceKind : 'worktree',
        allowDirty: true,
        deadlineAt: deadlineOf(created, events, now),
        forkedFrom,
        journal,
      }
    },
  }
}

/** Creates the fork: it exists whole or not at all. */
export async function forkRun(
  runId: string,
  request: ForkRequest,
  deps: EngineDependencies,
): Promise<{ readonly fork: PreparedFork; readonly run: NewWorkflowRun }> {
  const fork = await prepareFork(runId, request, deps)
  return { fork, run: await fork.make(request.id ?? uuidv7()) }
}

/** Keys of a start stand for the run that was started with them, never for its forks. */
function withoutKeys(created: Created): Created {
  const { idempotency: _i, singleton: _s, debounce: _d, ...same } = created
  return same
}

/** As much time as the original had from its creation. */
function deadlineOf({ deadlineAt }: Created, events: readonly JournalEvent[], now: number): string | null {
  const createdAt = events[0]?.timestamp
  if (deadlineAt === null || createdAt === undefined) return null
  return new Date(now + Date.parse(deadlineAt) - Date.parse(createdAt)).toISOString()
}

/** What `ctx.now()` of the original said before the first result. */
function beganAt(before: readonly JournalEvent[]): string {
  const [created] = before
  const origin = created?.type === 'run.created' ? created.payload.forkedFrom : undefined
  if (origin !== undefined) return origin.beganAt
  return before.find(({ type }) => type === 'run.started')?.timestamp ?? created?.timestamp ?? ''
}

async function outputsOf(
  point: ForkPoint,
  { outputs = {} }: ForkRequest,
  deps: EngineDependencies,
): Promise<Map<string, StoredValue>> {
  const stored = new Map<string, StoredValue>()
  const { runId } = point.before[0]!
  for (const [name, value] of Object.entries(outputs)) {
    const { key } = findStep(runId, [...point.index.steps()], name)
    const what = `The output of step "${name}" is a value`
    stored.set(key, await toStored(value, what, deps.store, deps.settings))
  }
  return stored
}

async function inputOf(
  created: Created,
  point: ForkPoint,
  { input }: ForkRequest,
  deps: EngineDependencies,
): Promise<{ readonly stored: StoredValue; readonly text: string } | null> {
  if (input === undefined) return null
  const { workflowName, projectId, workflowId } = created
  const version = { projectId, workflowId, workflowName, version: point.index.version }
  const definition = await deps.definitions.load(version)
  const what = `The input of workflow "${workflowName}"`
  const checked = definition.input === null ? input : await validateWith(definition.input, input, what)
  const text = typeof input === 'string' ? input : JSON.stringify(input)
  return {
    stored: await toStored(checked, `${what} is a value`, deps.store, deps.settings),
    text: text.slice(0, 10_000),
  }
}

interface ForkFiles {
  readonly kept: KeptFiles
  readonly exact: boolean
  readonly note: string | null
}

/** @throws WorkflowError `CHECKPOINT_MISSING`. */
function filesFor(point: ForkPoint, { nearest = false }: ForkRequest): ForkFiles | null {
  if (point.workspace === null && point.index.created?.forkedFrom?.files == null) return null
  const files = filesAt(point)
  if (files.exact !== null) return { kept: files.exact, exact: true, note: null }
  if (!nearest || files.nearest === null) throw checkpointMissing(point, files)
  return {
    kept: files.nearest,
    exact: false,
    note: `The files are the nearest that were kept, not exactly those before "${point.step.name}": ${files.why}.`,
  }
}

function checkpointMissing(point: ForkPoint, files: FilesAt): WorkflowError {
  const { runId } = point.before[0]!
  const way =
    files.nearest === null
      ? 'There is none before it either: fork from a later step, or start the workflow anew.'
      : 'Fork from another step, or take the nearest files with --nearest.'
  return new WorkflowError(
    'CHECKPOINT_MISSING',
    `The files as they were before step "${point.step.name}" of run ${runId} are not kept exactly: ${files.why}. ${way}`,
    { details: { runId, step: point.step.key } },
  )
}

/** Gives what the fork needs refs of its own, so that the original may be pruned. @throws `CHECKPOINT_MISSING`. */
async function keepFiles(
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
      `The files before step "${point.step.name}" were kept as commit ${files.kept.commit}, which git does not have any more: it was pruned, or its repository is gone. Fork from another step, or start the workflow anew.`,
      { details: { runId: point.before[0]!.runId, step: point.step.key, commit: files.kept.commit } },
    )
  }
  const { commit } = files.kept
  const initialCommit = made?.git.initialCommit ?? created.forkedFrom?.files?.initialCommit ?? null
  return { refs, files: { commit, ref: start, head, initialCommit, exact: files.exact } }
}

function planChanged(runId: string, planId: string, plan: ActionPlan): WorkflowError {
  return new WorkflowError(
    'PLAN_CHANGED',
    `The plan ${planId} for run ${runId} does not hold any more: it would be ${plan.planId} now. Look at the plan again.`,
    { details: { runId, planId, now: plan.planId } },
  )
}
