import { resolve } from 'node:path'
import type { WorkflowRunRow } from '@holdfast/store/contract'
import { isTerminal, WorkflowError } from '@holdfast/workflow-sdk'
import type { EngineDependencies } from '../dependencies.ts'
import type { RetryRequest } from '../Engine.ts'
import { isElsewhere } from '../execution/lostWorkspace.ts'
import { derivedUuid } from '../identity/derive.ts'
import { filesFor, type ForkFiles } from './forkFiles.ts'
import { prepareNewRun, type PreparedFork } from './prepareNewRun.ts'
import { readForkPoint, type ForkPoint } from './readForkPoint.ts'
import { canRetry, readRetryPoint } from './readRetryPoint.ts'

/** The run that a retry makes, always the same for one run: asked for twice it is made once. */
export function retryId(runId: string): string {
  return derivedUuid(runId, 'retry')
}

/**
 * Works out a retry of a run that is over; changes nothing.
 * @throws WorkflowError `RUN_NOT_FOUND`, `RUN_TRANSITION_INVALID`, `STEP_NOT_FOUND`, `CHECKPOINT_MISSING`,
 *   `WORKSPACE_LOST`, `RECORD_NOT_FOUND`, `PLAN_CHANGED`, `REPLAY_DIVERGED`.
 */
export async function prepareRetry(
  runId: string,
  request: RetryRequest,
  deps: EngineDependencies,
): Promise<PreparedFork> {
  const { store } = deps
  const run = await store.getWorkflowRun(runId)
  if (!canRetry(run.status)) throw notRetried(run)
  const events = await store.listWorkflowEvents({ runId })
  const point =
    request.from === undefined ? readRetryPoint(runId, events) : readForkPoint(runId, events, request.from)
  const version = request.version ?? point.index.version
  if (request.version !== undefined) await store.getWorkflowVersion(run.workflow_id, version)
  const place = await placeOf(run, point, request, deps)
  const changes = { outputs: new Map(), by: request.by, refs: new Map<string, string>() }
  const choices = {
    id: retryId(runId),
    createdAt: events[0]?.timestamp,
    now: deps.clock.now(),
    input: null,
    version,
    workspaceId: place.workspaceId,
    previousRunId: runId,
  }
  return await prepareNewRun(
    {
      action: 'retry',
      planId: request.planId,
      run,
      events,
      point,
      fromVersion: run.workflow_version,
      changes,
      choices,
      files: place.files,
      notes: [place.note],
      parts: [place.files?.kept.commit ?? null],
    },
    deps,
  )
}

/** Where a retry works: in the workspace of the original, as it is now, or, where that is gone, in one of its own. */
interface RetryPlace {
  readonly workspaceId: string | null
  readonly files: ForkFiles | null
  readonly note: string | null
}

async function placeOf(
  run: WorkflowRunRow,
  point: ForkPoint,
  { nearest = false }: RetryRequest,
  deps: EngineDependencies,
): Promise<RetryPlace> {
  const id = point.workspace?.workspaceId ?? point.index.created?.workspaceId ?? null
  if (id === null || deps.workspace === null)
    return { workspaceId: null, files: filesFor(point, nearest), note: null }
  const row = await deps.store.getWorkspace(id)
  const here = { workspaceId: id, files: null, note: null }
  if (row !== null && row.status !== 'cleaned') {
    if (isElsewhere({ run }, deps)) return here
    const project = await deps.definitions.project(run.project_id)
    try {
      const path = resolve(project.path, row.path)
      await deps.workspace.open({ path, kind: row.kind, branch: row.branch, kept: null })
      return here
    } catch (error) {
      if (!WorkflowError.has(error, 'WORKSPACE_LOST')) throw error
    }
  }
  const files = filesFor(point, nearest)
  const note = `The workspace ${row?.path ?? ''} is gone; the files come from what git kept, in a worktree of its own.`
  return { workspaceId: null, files, note: [note, files?.note ?? ''].join(' ').trim() }
}

function notRetried({ id, status }: WorkflowRunRow): WorkflowError {
  const way = isTerminal(status)
    ? `Nothing of it is left to do. Try another way from one of its steps with: holdfast fork ${id} --from STEP`
    : `It is not over: go on with it with: holdfast resume ${id}`
  return new WorkflowError(
    'RUN_TRANSITION_INVALID',
    `Run ${id} is ${status}, so it cannot be retried. ${way}`,
    {
      details: { runId: id, status, asked: 'retry', allowed: ['failed', 'timed_out', 'cancelled', 'killed'] },
    },
  )
}
