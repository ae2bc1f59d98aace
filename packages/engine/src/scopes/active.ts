import { AsyncLocalStorage } from 'node:async_hooks'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { Scope } from './Scope.ts'

const storage = new AsyncLocalStorage<Scope>()

/** Runs a branch so that calls on an outer context in it find the branch's own scope. */
export function inScope<T>(scope: Scope, run: () => T): T {
  return storage.run(scope, run)
}

/**
 * The scope in which a call made on a context of `own` counts (R1): the handed context decides, and the
 * asynchronous context serves only calls on an outer one.
 * @throws WorkflowError `SCOPE_MISMATCH` when the two lie in different branches.
 */
export function scopeOfCall(own: Scope, what: string): Scope {
  const active = storage.getStore()
  if (active === undefined || active === own || root(active) !== root(own)) return own
  if (own.isAncestorOf(active)) return active
  if (active.isAncestorOf(own)) return own
  throw new WorkflowError(
    'SCOPE_MISMATCH',
    `${what} was called on the context of "${own.path}" by code that runs in "${active.path}". A queue or emitter shared by two branches runs callbacks in the wrong one: make one per branch, or call the context that the branch was handed.`,
    { details: { context: own.path, running: active.path } },
  )
}

function root(scope: Scope): Scope {
  let top = scope
  while (top.parent !== null) top = top.parent
  return top
}
