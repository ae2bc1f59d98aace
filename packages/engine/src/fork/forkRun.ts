import { uuidv7 } from 'uuidv7'
import { validateWith, WorkflowError } from '@holdfast/workflow-sdk'
import type { EventPayloads, StoredValue } from '@holdfast/workflow-sdk/journal'
import type { EngineDependencies } from '../dependencies.ts'
import type { ForkRequest } from '../Engine.ts'
import { toStored } from '../values/stored.ts'
import { filesFor } from './forkFiles.ts'
import { inheritedBudget, inheritedNote } from './inheritedBudget.ts'
import { prepareNewRun, type PreparedFork } from './prepareNewRun.ts'
import { findStep, readForkPoint, type ForkPoint } from './readForkPoint.ts'
import type { Changes } from './takeOver.ts'

type Created = EventPayloads['run.created']

/**
 * Works out a fork of a run before a step; changes nothing.
 * @throws WorkflowError `RUN_NOT_FOUND`, `STEP_NOT_FOUND`, `CHECKPOINT_MISSING`, `OPTION_INVALID`, `INPUT_INVALID`,
 *   `PLAN_CHANGED`, `REPLAY_DIVERGED`.
 */
export async function prepareFork(
  runId: string,
  request: ForkRequest,
  deps: EngineDependencies,
): Promise<PreparedFork> {
  const { store } = deps
  const run = await store.getWorkflowRun(runId)
  const events = await store.listWorkflowEvents({ runId })
  const point = readForkPoint(runId, events, request.from)
  const { created } = point.index
  if (created === null)
    throw new WorkflowError('JOURNAL_CORRUPT', `The journal of run ${runId} does not begin with run.created.`)
  const outputs = await outputsOf(point, request, deps)
  const changes = { outputs, by: request.by, refs: new Map<string, string>() } satisfies Changes
  const input = await inputOf(created, point, request, deps)
  const files = filesFor(point, request.nearest === true)
  const { version } = point.index
  const choices = {
    id: request.id ?? uuidv7(),
    createdAt: events[0]?.timestamp,
    now: deps.clock.now(),
    input,
    version,
    workspaceId: null,
    previousRunId: null,
  }
  const carried = inheritedBudget(point)
  const spent = carried === null ? null : inheritedNote(carried, point.step?.name ?? '')
  return await prepareNewRun(
    {
      action: 'fork',
      planId: request.planId,
      run,
      events,
      point,
      fromVersion: version,
      changes,
      choices,
      files,
      notes: [files?.note ?? null, spent],
      parts: [files?.kept.commit ?? null, [...outputs], input],
    },
    deps,
  )
}

async function outputsOf(
  point: ForkPoint,
  { outputs = {} }: ForkRequest,
  deps: EngineDependencies,
): Promise<Map<string, StoredValue>> {
  const stored = new Map<string, StoredValue>()
  for (const [name, value] of Object.entries(outputs)) {
    const { key } = findStep(point.runId, [...point.index.steps()], name)
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
