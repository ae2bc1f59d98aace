import { WorkflowError } from '@holdfast/workflow-sdk'
import type { BaseCall } from '../calls/BaseCall.ts'
import type { Execution } from '../execution/Execution.ts'
import { wake } from '../execution/Parking.ts'
import type { CallRecord } from '../journal/records.ts'
import { keyName, unnamed } from '../identity/keys.ts'
import { scopeOfCall } from '../scopes/active.ts'
import type { Scope } from '../scopes/Scope.ts'
import { requireText } from './arguments.ts'

/** How a call is named. */
export interface CallNaming {
  /** Kind of the call: names it when the author does not. */
  readonly kind: string
  readonly name?: string | undefined
  readonly key?: string | undefined
  /** Whether the author declared an input. */
  readonly declared?: boolean
  readonly keep?: 'step' | undefined
}

/**
 * Makes a durable call in the right scope. Whatever is refused about it arrives as a rejection; on an incarnation
 * that is over the promise never settles, and a parked run is woken (S4).
 * @param nameIt Names the call; throws what is wrong with its arguments.
 */
export function durable<T>(
  x: Execution,
  own: Scope,
  nameIt: () => CallNaming,
  make: (scope: Scope, key: string) => BaseCall<T, CallRecord>,
): Promise<T> {
  if (x.closed !== null) {
    if (x.closed === 'parked') void wake(x)
    return new Promise(() => {})
  }
  try {
    const naming = nameIt()
    const what = naming.name === undefined ? `ctx.${naming.kind}` : `ctx.${naming.kind}("${naming.name}")`
    const scope = scopeOfCall(own, what)
    scope.checkOpen(what)
    if (naming.key !== undefined) requireText(what, 'key', naming.key)
    return make(scope, allotKey(x, scope, naming)).request()
  } catch (error) {
    const refused = Promise.reject<T>(error)
    // The author may drop the promise; the refusal must not end the process.
    refused.catch(() => {})
    return refused
  }
}

/**
 * The key of a call (R1).
 * @throws WorkflowError `STEP_NAME_AMBIGUOUS` where the order of equal names could vary (R3).
 */
export function allotKey(x: Execution, scope: Scope, naming: CallNaming): string {
  const label = naming.name === undefined ? unnamed(naming.kind) : keyName(naming.name, naming.key)
  const prefix = naming.keep === 'step' && scope.keepPath !== null ? scope.keepPath : scope.path
  const { key, repeated } = scope.allot(label, prefix)
  const declared = naming.declared === true || naming.key !== undefined
  if (repeated && !declared && !x.loop.inTurn && scope.openCount > 0) {
    throw new WorkflowError(
      'STEP_NAME_AMBIGUOUS',
      `"${naming.name ?? naming.kind}" is used again in "${scope.path}" by code that was set in motion from outside of the workflow, while other calls are open: in a replay the order could differ. Give each call a name or { key } of its own, or use ctx.map.`,
      { details: { name: naming.name ?? naming.kind, scope: scope.path } },
    )
  }
  return key
}

/** @throws WorkflowError `WAIT_INSIDE_STEP` when a durable wait is called inside a step (R4). */
export function refuseInStep(scope: Scope, what: string): void {
  if (scope.step === null) return
  throw new WorkflowError(
    'WAIT_INSIDE_STEP',
    `${what} was called inside step "${scope.step.name}". A step cannot park. Use ctx.scope(name, fn, { retry }) for steps and waits that belong together.`,
    { details: { step: scope.step.name } },
  )
}
