import { WorkflowError } from '@holdfast/workflow-sdk'
import { journalEvent, type StateChange, type StoredValue } from '@holdfast/workflow-sdk/journal'
import { confirmWorkspace, orLost, touchesWorkspace } from '../effects/confirmWorkspace.ts'
import { cancelOpen } from '../execution/cancelOpen.ts'
import type { StepRecord } from '../journal/records.ts'
import { attemptPath, Scope, type EnclosingStep } from '../scopes/Scope.ts'
import { StateView } from '../scopes/StateView.ts'
import { treeBeforeAttempt } from './checkpoint.ts'
import { questionKey } from './engineQuestions.ts'
import type { StepCall } from './StepCall.ts'
import type { Attempt } from './StepSpec.ts'

/** How one attempt went. */
export type AttemptOutcome =
  | {
      readonly how: 'completed'
      readonly durationMs: number
      readonly result: {
        readonly output: StoredValue
        readonly state?: readonly StateChange[]
        readonly rawOutput?: string
        readonly treeId?: string
      }
    }
  | { readonly how: 'failed'; readonly durationMs: number; readonly error: unknown }

/** The scope of the calls inside an attempt, once there is one. */
interface Inner {
  scope: Scope | null
}

/** Makes one attempt of a step, with its start in the journal, its time-out and its end. Never rejects. */
export async function runAttempt(
  step: StepCall<unknown>,
  number: number,
  interrupted: Attempt['interrupted'],
  controller: AbortController,
): Promise<AttemptOutcome> {
  const { x, spec } = step
  const spentMs = interrupted === null ? 0 : spentBefore(step, number)
  const began = x.deps.clock.monotonic() - spentMs
  const durationMs = (): number => Math.max(0, Math.round(x.deps.clock.monotonic() - began))
  const release = link(step, controller)
  if (spec.writes === 'workspace') x.writers.begin(step.key)
  const inner: Inner = { scope: null }
  const touches = touchesWorkspace(spec)
  let stopTimer = (): void => {}
  try {
    if (interrupted === null) await begin(step, number)
    stopTimer = startTimer(step, controller, spentMs)
    if (touches) confirmWorkspace(x)
    const attempt = makeAttempt(
      step,
      number,
      interrupted,
      controller,
      inner,
      await treeBeforeAttempt(step, number, interrupted !== null),
    )
    const result = await untilAborted(step, controller, inner, async () => spec.effect(attempt, step))
    if (touches) confirmWorkspace(x)
    if (inner.scope?.hasOpenCalls === true) await cancelOpen([inner.scope], 'the step around it ended')
    const state = inner.scope?.state.changes() ?? []
    const stored = await step.store(result.value, state)
    return {
      how: 'completed',
      durationMs: durationMs(),
      result: {
        output: stored.output,
        ...(state.length === 0 ? {} : { state }),
        ...(result.rawOutput === undefined ? {} : { rawOutput: result.rawOutput }),
        ...(result.treeId === undefined ? {} : { treeId: result.treeId }),
      },
    }
  } catch (error) {
    return {
      how: 'failed',
      durationMs: durationMs(),
      error: controller.signal.aborted ? controller.signal.reason : touches ? orLost(x, error) : error,
    }
  } finally {
    stopTimer()
    inner.scope?.close()
    if (spec.writes === 'workspace') x.writers.end(step.key)
    release()
  }
}

/** Writes `step.started`: durable where the effect costs money or leaves the machine, else in the next commit (S1). */
async function begin(step: StepCall<unknown>, attempt: number): Promise<void> {
  const { x, spec } = step
  const parent = step.scope.step
  const event = journalEvent('step.started', {
    key: step.key,
    name: spec.name,
    kind: spec.kind,
    stepNumber: step.stepNumber,
    parentKey: parent?.key ?? null,
    attempt,
    maxAttempts: spec.retry.maxAttempts,
    hash: spec.hash,
    ...(spec.input === undefined ? {} : { input: spec.input }),
    writes: spec.writes,
    onInterrupted: spec.onInterrupted,
    activeMs: x.activeMs(),
    ...(attempt > 1
      ? {}
      : { logFilePath: x.deps.files.stepLogPath(x.facts.project, x.runId, step.stepNumber, spec.name) }),
  })
  if (spec.durableStart) await x.journal.commit(event)
  else x.journal.add(event)
}

function makeAttempt(
  step: StepCall<unknown>,
  number: number,
  interrupted: Attempt['interrupted'],
  controller: AbortController,
  inner: Inner,
  treeBefore: string | null,
): Attempt {
  const { x } = step
  const enclosing: EnclosingStep = {
    key: step.key,
    name: step.spec.name,
    attempt: number,
    stepNumber: step.stepNumber,
    id: () => stepId(step),
  }
  return {
    key: step.key,
    number,
    signal: controller.signal,
    interrupted,
    treeBefore,
    stepNumber: step.stepNumber,
    id: () => stepId(step),
    onProcess: (process) => x.journal.add(journalEvent('step.updated', { key: step.key, process })),
    scope: () =>
      (inner.scope ??= new Scope({
        path: attemptPath(step.key, number),
        keepPath: `${step.key}@*/`,
        parent: step.scope,
        state: new StateView(step.scope.state),
        step: enclosing,
        signal: controller.signal,
      })),
  }
}

/** The step's id needs the sequence of its start, which therefore becomes durable now. */
async function stepId(step: StepCall<unknown>): Promise<string> {
  if (step.x.index.get(step.key) === undefined) await step.x.journal.settled()
  const record = step.x.index.get(step.key) as StepRecord | undefined
  if (record === undefined) return new Promise(() => {})
  return `${step.x.runId}.${record.startedSequence}.0`
}

/** Ends the attempt when the step around it ends, and the calls inside it with it. */
function link(step: StepCall<unknown>, controller: AbortController): () => void {
  const { x, scope } = step
  x.controllers.add(controller)
  const outer = scope.step === null ? null : scope.signal
  const abort = (): void => controller.abort(outer?.reason)
  if (outer?.aborted === true) abort()
  outer?.addEventListener('abort', abort)
  return () => {
    x.controllers.delete(controller)
    outer?.removeEventListener('abort', abort)
  }
}

/**
 * Milliseconds that an interrupted attempt has had in other processes: the running time of the run from the
 * attempt's start to this claim. The time in which nobody held the run is not part of it, and an attempt that a
 * person wants to be run again begins anew.
 */
function spentBefore(step: StepCall<unknown>, attempt: number): number {
  const { index, facts } = step.x
  const record = index.get(step.key)
  if (record?.is !== 'step' || record.phase.at !== 'running' || record.phase.startedActiveMs === null)
    return 0
  if (index.get(questionKey(step.key, attempt, 'effect-unknown')) !== undefined) return 0
  return Math.max(0, facts.claim.run.active_ms - record.phase.startedActiveMs)
}

/** Counts the attempt's time; after a hand-over or take-over what is left of it (S2). */
function startTimer(step: StepCall<unknown>, controller: AbortController, spentMs: number): () => void {
  const { x, spec } = step
  if (spec.timeoutMs === null) return () => {}
  const leftMs = spec.timeoutMs - spentMs
  const end = (): void =>
    controller.abort(
      new WorkflowError(
        'STEP_TIMED_OUT',
        `Step "${spec.name}" took longer than its time-out of ${spec.timeoutMs} ms.`,
        { details: { step: spec.name, timeoutMs: spec.timeoutMs } },
      ),
    )
  if (leftMs > 0) return x.timer(leftMs, end)
  // Nothing is begun that would be ended at once.
  end()
  return () => {}
}

/** The effect's end; an aborted effect that does not end is left alone after the grace time. */
function untilAborted<T>(
  step: StepCall<unknown>,
  controller: AbortController,
  inner: Inner,
  effect: () => Promise<T>,
): Promise<T> {
  const { x } = step
  const { signal } = controller
  return new Promise<T>((resolve, reject) => {
    signal.throwIfAborted()
    let stop = (): void => {}
    const arm = (): void => {
      for (const call of [...(inner.scope?.openCalls() ?? [])])
        call.cancel('the step around it ended').catch(() => {})
      stop = x.deps.clock.setTimer(x.deps.settings.abortGraceMs, () => reject(signal.reason as Error))
    }
    signal.addEventListener('abort', arm, { once: true })
    x.track(effect()).then(
      (value) => {
        stop()
        resolve(value)
      },
      (error: unknown) => {
        stop()
        reject(error)
      },
    )
  })
}
