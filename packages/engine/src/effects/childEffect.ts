import {
  toErrorRecord,
  WorkflowError,
  validateWith,
  type AnyWorkflow,
  type WorkflowStatus,
} from '@holdfast/workflow-sdk'
import { journalEvent } from '@holdfast/workflow-sdk/journal'
import type { NewWorkflowRun, WorkflowRunRow } from '@holdfast/store/contract'
import { cancelChildren } from '../actions/cancelChildren.ts'
import type { Execution } from '../execution/Execution.ts'
import { derivedUuid } from '../identity/derive.ts'
import type { StepRecord } from '../journal/records.ts'
import type { StepCall } from '../steps/StepCall.ts'
import type { Attempt, StepSpec } from '../steps/StepSpec.ts'
import { queuePayload } from '../starts/queuePayload.ts'
import { fromStored, toStored } from '../values/stored.ts'

/** What a child is made from. */
export interface ChildSpec {
  readonly workflow: AnyWorkflow | string
  readonly input: unknown
  readonly wait: boolean
  readonly onParentClose: 'cancel' | 'detach' | null
}

/** The effect of `ctx.child`: started twice is started once, because its id comes from parent and key (S5). */
export function childEffect(x: Execution, spec: ChildSpec): StepSpec['effect'] {
  return async (attempt, step) => {
    // An attempt that a person or policy asks for is another child; the first keeps the plain id.
    const again = attempt.number > 1 ? [String(attempt.number)] : []
    const childRunId = derivedUuid(x.runId, step.key, ...again)
    const record = x.index.get(step.key) as StepRecord | undefined
    if (record === undefined || record.child === null) {
      const { run } = await x.deps.store.createWorkflowRun(await newRun(x, step, spec, childRunId))
      x.write(journalEvent('child.started', { key: step.key, childRunId, workflowName: run.workflow_name }))
    }
    if (!spec.wait) return { value: { runId: childRunId } }
    await ended(x, step, attempt, childRunId)
    const last = (x.index.get(step.key) as StepRecord).child?.runId ?? childRunId
    return await outputOf(await x.deps.store.getWorkflowRun(last), x)
  }
}

async function newRun(
  x: Execution,
  step: StepCall<unknown>,
  spec: ChildSpec,
  id: string,
): Promise<NewWorkflowRun> {
  const name = typeof spec.workflow === 'string' ? spec.workflow : spec.workflow.name
  const { workflowId, version, definition } = await x.deps.definitions.current(x.facts.project.id, name)
  const input =
    definition.input === null
      ? spec.input
      : await validateWith(definition.input, spec.input, `The input of child "${name}"`)
  const { created } = x.index
  const inherits = definition.workspace === 'project'
  const { singleton, debounce: _debounce, ...limits } = queuePayload(definition, input)
  return {
    id,
    projectId: x.facts.project.id,
    workflowId,
    workflowName: name,
    workflowVersion: version,
    input: await toStored(
      input,
      `Child "${name}" of run ${x.runId} was given an input`,
      x.deps.store,
      x.deps.settings,
    ),
    taskInput: created?.taskInput ?? '',
    parentRunId: x.runId,
    rootRunId: x.facts.claim.run.root_run_id,
    parentKey: step.key,
    onParentClose: spec.onParentClose ?? definition.onParentClose,
    sessionId: created?.sessionId ?? null,
    sessionName: created?.sessionName ?? null,
    userId: created?.userId ?? null,
    triggeringObjectId: created?.triggeringObjectId ?? null,
    workspaceKind: inherits ? (x.index.workspace?.kind ?? 'project') : definition.workspace,
    allowDirty: true,
    timeoutMs: definition.timeoutMs,
    deadlineAt: earliest(
      created?.deadlineAt ?? null,
      definition.deadlineMs === null ? null : x.isoAfter(definition.deadlineMs),
    ),
    onFailure: definition.onFailure ?? created?.onFailure ?? 'fail',
    state: {},
    previousRunId: null,
    workspaceId: inherits ? (x.index.workspace?.workspaceId ?? null) : null,
    tags: {},
    ...limits,
    // The parent waits for this child: another run cannot stand in for it.
    ...(singleton === undefined ? {} : { singleton: { ...singleton, onConflict: 'fail' as const } }),
  }
}

/** Resolves when the child is over; the parent may park meanwhile. */
async function ended(
  x: Execution,
  step: StepCall<unknown>,
  attempt: Attempt,
  childRunId: string,
): Promise<void> {
  await x.journal.settled()
  const record = x.index.get(step.key) as StepRecord
  if (record.child?.ended === true) return
  const since = new Date(x.deps.clock.now()).toISOString()
  await new Promise<void>((resolve, reject) => {
    // It may have been aborted while the journal was settled: nothing would tell of that again.
    if (attempt.signal.aborted) {
      reject(attempt.signal.reason as Error)
      return
    }
    step.onNews = (news) => {
      if (news.child?.ended !== true) return
      // At once: what has heard of the end does not wait for it any more, and the run must not be parked on it.
      step.status = { is: 'live' }
      resolve()
    }
    attempt.signal.addEventListener('abort', () => reject(attempt.signal.reason as Error), { once: true })
    step.status = {
      is: 'waiting',
      wakeAt: null,
      waitingFor: {
        reason: 'child',
        since,
        until: null,
        detail: `Child run ${childRunId} (${step.spec.name})`,
      },
    }
    x.parking.consider()
  }).catch(async (reason: unknown) => {
    if (x.closed === null) await cancelChildren(x.deps.store, x.runId, step.key)
    throw reason
  })
  step.status = { is: 'live' }
}

async function outputOf(child: WorkflowRunRow, x: Execution): Promise<{ value: unknown }> {
  const status: WorkflowStatus = child.status
  if (status === 'completed') {
    // The journal tells `null` and `undefined` apart, the row does not.
    const last = await x.deps.store.lastSequence(child.id)
    const [event] = await x.deps.store.listWorkflowEvents({ runId: child.id, afterSequence: last - 1 })
    return {
      value:
        event?.type === 'run.completed' ? await fromStored(event.payload.output, x.deps.store) : undefined,
    }
  }
  throw new WorkflowError(
    'CHILD_FAILED',
    `Child run ${child.id} (${child.workflow_name}) of run ${x.runId} ended as ${status}${child.error_message === null ? '.' : `: ${child.error_message}`}`,
    {
      details: { runId: child.id, status },
      ...(child.error === null ? {} : { cause: toErrorRecord(new Error(child.error.message)) }),
    },
  )
}

function earliest(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b
  return a < b ? a : b
}
