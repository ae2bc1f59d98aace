import { WorkflowError } from '@holdfast/workflow-sdk'
import { journalEvent, type StateChange, type StoredValue } from '@holdfast/workflow-sdk/journal'
import { confirmWorkspace, orLost, touchesWorkspace } from '../effects/confirmWorkspace.ts'
import { cancelOpen } from '../execution/cancelOpen.ts'
import type { Execution } from '../execution/Execution.ts'
import type { StepRecord } from '../journal/records.ts'
import type { Interrupt } from '../scopes/Interrupt.ts'
import { attemptPath, Scope, type EnclosingStep } from '../scopes/Scope.ts'
import { StateView } from '../scopes/StateView.ts'
import { treeAfterAttempt, treeBeforeAttempt } from './checkpoint.ts'
import type { StepCall } from './StepCall.ts'
import type { Attempt, AttemptResult } from './StepSpec.ts'

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
  interrupt: Interrupt,
): Promise<AttemptOutcome> {
  const { x, spec } = step
  const spentMs = interrupted === null ? 0 : spentBefore(step)
  const began = x.deps.clock.monotonic() - spentMs
  const release = link(step, interrupt)
  if (spec.writes === 'workspace') x.writers.begin(step.key)
  const inner: Inner = { scope: null }
  const touches = touchesWorkspace(spec)
  let stopTimer: (() => void) | null = null
  try {
    // Awaited only where there is something to wait for: most steps have no such moment before their effect.
    if (interrupted === null) {
      const durable = writeStart(step, number)
      if (durable !== null) await durable
    }
    if (spec.timeoutMs !== null) stopTimer = startTimer(step, spec.timeoutMs - spentMs, interrupt)
    if (touches) confirmWorkspace(x)
    const tree = spec.tree === null ? null : await treeBeforeAttempt(step, number, interrupted !== null)
    const attempt = makeAttempt(step, number, interrupted, interrupt, inner, tree)
    const result = await untilAborted(step, interrupt, inner, attempt)
    if (touches) confirmWorkspace(x)
    const treeId = await attempt.keepTree()
    if (inner.scope?.hasOpenCalls === true) await cancelOpen([inner.scope], 'the step around it ended')
    const state = inner.scope?.state.changes() ?? []
    const stored = step.store(result.value)
    const output = stored instanceof Promise ? await stored : stored
    return {
      how: 'completed',
      durationMs: durationMs(x, began),
      result: {
        output,
        ...(state.length === 0 ? {} : { state }),
        ...(result.rawOutput === undefined ? {} : { rawOutput: result.rawOutput }),
        ...(treeId === null ? {} : { treeId }),
      },
    }
  } catch (error) {
    return {
      how: 'failed',
      durationMs: durationMs(x, began),
      error: interrupt.aborted ? interrupt.reason : touches ? orLost(x, error) : error,
    }
  } finally {
    stopTimer?.()
    inner.scope?.close()
    if (spec.writes === 'workspace') x.writers.end(step.key)
    release()
  }
}

function durationMs(x: Execution, began: number): number {
  return Math.max(0, Math.round(x.deps.clock.monotonic() - began))
}

/**
 * Writes `step.started`: durable where the effect costs money or leaves the machine, else in the next commit (S1).
 * Answers what to wait for; null: nothing.
 */
export function writeStart(step: StepCall<unknown>, attempt: number): Promise<unknown> | null {
  const { x, spec } = step
  const parent = step.scope.step
  const event = journalEvent('step.started', {
    key: step.key,
    name: spec.name,
    kind: spec.kind,
    stepNumber: step.stepNumber,
    parentKey: parent?.key ?? null,
    attempt,
    maxAttempts: spec.retry.maxAttempts + step.quotaWaits,
    hash: spec.hash,
    ...(spec.input === undefined ? {} : { input: spec.input }),
    writes: spec.writes,
    onInterrupted: spec.onInterrupted,
    activeMs: x.activeMs(),
    ...(attempt > 1
      ? {}
      : { logFilePath: x.deps.files.stepLogPath(x.facts.project, x.runId, step.stepNumber, spec.name) }),
  })
  if (spec.durableStart) return x.journal.commit(event)
  x.journal.add(event)
  return null
}

function makeAttempt(
  step: StepCall<unknown>,
  number: number,
  interrupted: Attempt['interrupted'],
  interrupt: Interrupt,
  inner: Inner,
  treeBefore: string | null,
): Attempt {
  const { x } = step
  let kept: Promise<string | null> | null = null
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
    get signal() {
      return interrupt.signal
    },
    interrupted,
    treeBefore,
    keepTree: () => (kept ??= treeAfterAttempt(step, number)),
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
        interrupt,
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
function link(step: StepCall<unknown>, interrupt: Interrupt): () => void {
  const { x, scope } = step
  x.interrupts.add(interrupt)
  if (scope.step === null) return () => void x.interrupts.delete(interrupt)
  const outer = scope.signal
  const abort = (): void => interrupt.abort(outer.reason)
  if (outer.aborted) abort()
  outer.addEventListener('abort', abort)
  return () => {
    x.interrupts.delete(interrupt)
    outer.removeEventListener('abort', abort)
  }
}

/**
 * Milliseconds that an interrupted attempt has had in other processes: the running time of the run from the
 * attempt's start to this claim. The time in which nobody held the run is not part of it, nor is that in which a
 * question about its budget was open; an attempt that a person wants to be run again was begun anew.
 */
function spentBefore(step: StepCall<unknown>): number {
  const { index, facts } = step.x
  const record = index.get(step.key)
  if (record?.is !== 'step' || record.phase.at !== 'running') return 0
  const { startedActiveMs, wentOn } = record.phase
  const claimedMs = facts.claim.run.active_ms
  if (wentOn !== null) return wentOn.ranMs + Math.max(0, claimedMs - wentOn.activeMs)
  return startedActiveMs === null ? 0 : Math.max(0, claimedMs - startedActiveMs)
}

/** Counts the attempt's time: `leftMs`, which after a hand-over or take-over is what is left of it (S2). */
function startTimer(step: StepCall<unknown>, leftMs: number, interrupt: Interrupt): () => void {
  const { x, spec } = step
  const end = (): void =>
    interrupt.abort(
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
function untilAborted(
  step: StepCall<unknown>,
  interrupt: Interrupt,
  inner: Inner,
  attempt: Attempt,
): Promise<AttemptResult> {
  const { x } = step
  return new Promise<AttemptResult>((resolve, reject) => {
    if (interrupt.aborted) throw interrupt.reason
    let stop: (() => void) | null = null
    interrupt.onAbort = () => {
      for (const call of [...(inner.scope?.openCalls() ?? [])])
        call.cancel('the step around it ended').catch(() => {})
      stop = x.deps.clock.setTimer(x.deps.settings.abortGraceMs, () => reject(interrupt.reason))
    }
    const effect = carryOut(step, attempt)
    x.effects.add(effect)
    const over = (): void => {
      x.effects.delete(effect)
      interrupt.onAbort = null
      stop?.()
    }
    effect.then(
      (result) => {
        over()
        resolve(result)
      },
      (error: unknown) => {
        over()
        reject(error)
      },
    )
  })
}

/** The effect as a promise, whatever it is and however it fails. */
function carryOut(step: StepCall<unknown>, attempt: Attempt): Promise<AttemptResult> {
  try {
    const effect = step.spec.effect(attempt, step)
    return effect instanceof Promise ? effect : Promise.resolve(effect)
  } catch (error) {
    return Promise.reject(error)
  }
}
