import type { StepArguments, WorkflowContext } from '@holdfast/workflow-sdk'
import type { Scope } from '../scopes/Scope.ts'
import { inScope } from '../scopes/active.ts'
import type { StepSpec } from '../steps/StepSpec.ts'

/** The effect of `ctx.run`: the author's function, with a context of its own. */
export function runEffect<T>(
  fn: (step: StepArguments) => T | Promise<T>,
  contextOf: (scope: Scope) => WorkflowContext,
): StepSpec['effect'] {
  return async (attempt) => {
    const scope = attempt.scope()
    const step: StepArguments = {
      get signal() {
        return attempt.signal
      },
      attempt: attempt.number,
      get ctx() {
        return contextOf(scope)
      },
    }
    return { value: await inScope(scope, () => fn(step)) }
  }
}
